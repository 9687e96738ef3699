"""What is said of a run that did not go well: which stage, where, why, its last lines, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.logfiles import STREAMS
from stageline.cli.session import Session
from stageline.cli.state import LAB, RunState, kind_of, short
from stageline.model.failure import Failure
from stageline.model.plan import SCOPE
from stageline.model.status import Status
from stageline.stages.lower import PLACE

SHOWN = 10
INTERRUPTED = 130


def exit_code(status: Status) -> int:
    """What the program ends with for a run that has ended so."""
    return {Status.FAILED: 1, Status.CANCELED: INTERRUPTED}.get(status, 0)


def say_interrupted(session: Session, run: RunState) -> None:
    """How to go on after Ctrl-C."""
    click.echo(f"\nstopped; what has finished is kept. Go on:  {session.say('resume', run.id)}", err=True)


def say_detached(session: Session, run: RunState, target: str) -> None:
    """What becomes of a run on a target after Ctrl-C, how to come back to it, and how to end it."""
    click.echo(
        f"\nleft: what runs on {target} goes on there. Come back:  {session.say('resume', run.id)}\n"
        f"or let cron call  {session.say('tick')}  ; end it:  {session.say('cancel', run.id)}",
        err=True,
    )


def say_ending(session: Session, run: RunState) -> None:
    """Nothing for a run that went well."""
    status, failure = run.record.status, run.record.failure
    if status is Status.CANCELED:
        why = failure.message if failure else ""
        click.echo(f"\ncanceled: {why}\nGo on:  {session.say('resume', run.id)}", err=True)
    elif status is Status.FAILED:
        click.echo("\n" + "\n".join(_failed(session, run)), err=True)


def _failed(session: Session, run: RunState) -> list[str]:
    found = first_failed(run)
    if found is None:
        return [f"the run failed: {run.record.failure}", f"next   {session.say('retry', run.id)}"]
    state, number = found
    spec, record = state.specs[number], state.records[number]
    path = state.whole_path(number)
    failure = record.failure or Failure("it failed")
    lines = [f"failed {short(path)}  ({kind_of(spec)})"]
    if place := spec.context.get(PLACE):
        lines.append(f"at     {place}")
    cause, *more = failure.message.splitlines()
    lines.append(f"cause  {cause}")
    lines += [f"     | {line}" for line in (*more, *_last_lines(failure))]
    if log := failure.log or _folder(state, number, session.home):
        lines.append(f"log    {log}")
    if others := _failures(run) - 1:
        lines.append(f"also   {others} more failed: {session.say('show', run.id)}")
    if spec.type.startswith(LAB):
        from stageline.cli.job_words import about_job, debug_words

        kept = session.open().retrieve(run.id)
        at, shell = about_job(kept, path, session.home), debug_words(kept, path, session.home)
        return [lines[0], *at, *lines[1:], f"next   {shell}", f"       {session.say('retry', run.id)}"]
    lines.append(f"next   {session.say('log', run.id, path)}")
    return [*lines, f"       {session.say('retry', run.id)}"]


def first_failed(state: RunState, above: int | None = None) -> tuple[RunState, int] | None:
    """The innermost stage whose failure is the failure of the run: of several the first, and none that was caught."""
    failed = [number for number in state.children(above) if state.records[number].status is Status.FAILED]
    if not failed:
        return None
    first = min(failed, key=lambda number: state.records[number].ended_seq)
    inside = first_failed(state.started[first]) if first in state.started else first_failed(state, first)
    return inside or (None if state.specs[first].type == SCOPE else (state, first))


def _failures(state: RunState) -> int:
    """How many stages have failed of themselves, not for one inside of them."""
    return sum(
        one.records[number].status is Status.FAILED and one.specs[number].type != SCOPE and not _inside(one, number)
        for one, number in state.everything()
    )


def _inside(state: RunState, number: int) -> bool:
    inside = first_failed(state.started[number]) if number in state.started else first_failed(state, number)
    return inside is not None


def _last_lines(failure: Failure) -> list[str]:
    return [line for line in failure.detail.splitlines() if line.strip()][-SHOWN:]


def _folder(state: RunState, number: int, files: Path) -> str:
    folder = state.folder(number, files)
    return str(folder) if any((folder / stream).is_file() for stream in STREAMS) else ""
