"""What is said of a run that did not go well: which stage, where, why, its last lines, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.session import Session
from stageline.cli.state import RunState, kind_of
from stageline.model.failure import Failure
from stageline.model.plan import SCOPE
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.stages.lower import PLACE

SHOWN = 10
INTERRUPTED = 130


def exit_code(run: Workflow) -> int:
    """What the program ends with for a run that has ended so."""
    return {Status.FAILED: 1, Status.CANCELED: INTERRUPTED}.get(run.status, 0)


def say_interrupted(session: Session, run: Workflow) -> None:
    """How to go on after Ctrl-C."""
    click.echo(f"\nstopped; what has finished is kept. Go on:  {session.say('resume', run.id)}", err=True)


def say_ending(session: Session, run: Workflow) -> None:
    """Nothing for a run that went well."""
    if run.status is Status.CANCELED:
        why = run.failure.message if run.failure else ""
        click.echo(f"\ncanceled: {why}\nGo on:  {session.say('resume', run.id)}", err=True)
    elif run.status is Status.FAILED:
        click.echo("\n" + "\n".join(_failed(session, run)), err=True)


def _failed(session: Session, run: Workflow) -> list[str]:
    state = RunState(run)
    number = first_failed(state)
    if number is None:
        return [f"the run failed: {run.failure}", f"next   {session.say('retry', run.id)}"]
    spec, record = state.specs[number], state.records[number]
    path = state.path(number)
    failure = record.failure or Failure("it failed")
    lines = [f"failed {path}  ({kind_of(spec)})"]
    if place := spec.context.get(PLACE):
        lines.append(f"at     {place}")
    cause, *more = failure.message.splitlines()
    lines.append(f"cause  {cause}")
    lines += [f"     | {line}" for line in (*more, *_last_lines(failure))]
    if log := failure.log or _folder(state, number, session.home):
        lines.append(f"log    {log}")
    lines.append(f"next   {session.say('log', run.id, path)}")
    return [*lines, f"       {session.say('retry', run.id)}"]


def first_failed(state: RunState) -> int | None:
    """The innermost of the stages that failed, the first to do so."""
    failed = [number for number in state.walk() if state.records[number].status is Status.FAILED]
    inner = [n for n in failed if not any(below in failed for below in state.walk(n)) and state.specs[n].type != SCOPE]
    return min(inner or failed, key=lambda n: state.records[n].ended_seq, default=None)


def _last_lines(failure: Failure) -> list[str]:
    return [line for line in failure.detail.splitlines() if line.strip()][-SHOWN:]


def _folder(state: RunState, number: int, files: Path) -> str:
    folder = state.folder(number, files)
    return str(folder) if folder.is_dir() else ""
