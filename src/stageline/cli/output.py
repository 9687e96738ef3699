"""What is printed: JSON, tables, lines. Rich is only imported for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

import click
import msgspec

from stageline.cli.session import Session
from stageline.model.status import Status

if TYPE_CHECKING:
    from rich.console import Console

COLORS = {
    Status.SUCCEEDED: "green",
    Status.FAILED: "red",
    Status.FAILED_CONTINUE: "yellow",
    Status.CANCELED: "magenta",
    Status.SKIPPED: "bright_black",
    Status.RUNNING: "cyan",
    Status.SUSPENDED: "yellow",
    Status.PAUSED: "yellow",
}
Rows = Sequence[Sequence[str]]


def nobody_reads() -> None:
    """Whoever read our output has gone: what is said from now on is lost, without another word, to the very end."""
    _lose(sys.stdout)


def _lose(stream: TextIO) -> None:
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_line(line: str, *, err: bool = False) -> None:
    """Print a line. What a command does, and how it ends, is the same when whoever read it has gone, as `head` does."""
    try:
        click.echo(line, err=err)
    except BrokenPipeError:
        _lose(sys.stderr if err else sys.stdout)


def print_json(value: Any) -> None:
    """A value as indented JSON."""
    say_line(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def is_lively(session: Session) -> bool:
    """Whether a person looks at a terminal that can be drawn on."""
    wanted = session.config["color"]
    if wanted != "auto":
        return bool(wanted == "always")
    return sys.stdout is not None and sys.stdout.isatty() and session.environ.get("TERM", "") not in ("dumb", "")


def colored(session: Session, text: str, status: Status) -> str:
    """The text in the color of a state, on a terminal."""
    if not is_lively(session):
        return text
    return click.style(text, fg=COLORS.get(status))


def print_table(session: Session, head: Sequence[str], rows: Rows, statuses: Sequence[Status] = ()) -> None:
    """A table; its first column has the states' colors when these are given."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    click.echo(_line(head, widths).rstrip())
    for number, row in enumerate(rows):
        line = _line(row, widths).rstrip()
        if statuses:
            line = line.replace(str(statuses[number]), colored(session, str(statuses[number]), statuses[number]), 1)
        click.echo(line, color=is_lively(session) or None)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))


def console() -> Console:
    """The terminal, as rich draws on it."""
    from rich.console import Console

    return Console(highlight=False)
