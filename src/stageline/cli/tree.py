"""A run as a tree of lines: the state, the stage, how long it took, why it failed."""

from __future__ import annotations

import click

from stageline.cli.output import colored, is_lively
from stageline.cli.rows import all_rows, chosen_rows
from stageline.cli.session import Session
from stageline.cli.state import WAITS, RunState, asking, first_line, kind_of, label_of, shown_status
from stageline.cli.times import day, span
from stageline.engine.clock import utc_now
from stageline.model.plan import SCOPE
from stageline.model.status import Status

LINES = 200
SIGNS = {
    Status.NOT_STARTED: "·",
    Status.RUNNING: "▶",
    Status.SUSPENDED: "…",
    Status.PAUSED: "‖",
    Status.SUCCEEDED: "✓",
    Status.FAILED_CONTINUE: "!",
    Status.FAILED: "✗",
    Status.CANCELED: "⊘",
    Status.SKIPPED: "-",
}


def print_run(session: Session, run: RunState, *, everything: bool = True) -> None:
    """Print a run with its stages; of a large one those that tell most, unless `everything` is wanted."""
    record = run.record
    ended = record.ended_at or (utc_now() if record.started_at else None)
    status = colored(session, str(record.status), record.status)
    head = f"{run.id}  {status}  {run.name}  {day(record.started_at)}  {span(record.started_at, ended)}"
    color = is_lively(session) or None
    click.echo(head.rstrip(), color=color)
    for name, value in run.params.items():
        click.echo(f"    {name} = {value!r}")
    for row in all_rows(run) if everything else chosen_rows(run, LINES):
        words = row.words if row.number is None else _line(session, row.state, row.number)
        click.echo("  " * (row.depth + 1) + words, color=color)


def _line(session: Session, state: RunState, number: int) -> str:
    spec, record = state.specs[number], state.records[number]
    status = shown_status(state, number)
    parts = [colored(session, SIGNS[status], status), label_of(spec)]
    if spec.type != SCOPE:
        parts.append(f"({kind_of(spec)})")
    ended = record.ended_at or (utc_now() if record.status is Status.RUNNING else None)
    parts.append(WAITS if status is not record.status else span(state.began(number), ended))
    if record.attempt > 1:
        parts.append(f"attempt {record.attempt}{asking(record.context)}")
    if record.failure is not None and record.status is not Status.SKIPPED:
        parts.append(first_line(record.failure.message))
    return " ".join(part for part in parts if part)
