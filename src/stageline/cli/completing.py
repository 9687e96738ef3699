"""What the shell completes: ids of runs, paths of stages, states. Whatever goes wrong, it completes nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stageline.cli.session import Session, session_of
from stageline.errors import StagelineError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHOWN = 50


def item(value: str, help: str | None = None) -> CompletionItem:
    """One that is offered."""
    from click.shell_completion import CompletionItem  # only here: every command imports this module

    return CompletionItem(value, help=help)


def _quietly(ctx: click.Context, find: Callable[[Session], list[CompletionItem]]) -> list[CompletionItem]:
    with suppress(StagelineError):
        return find(session_of(ctx))
    return []


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of runs, newest first, each with its name and state."""

    def find(session: Session) -> list[CompletionItem]:
        rows = session.open_kept().list_runs(SHOWN)
        chosen = [row for row in rows if row.id.startswith(incomplete)]
        return [item(row.id, help=f"{row.record.status} {row.name}") for row in chosen]

    return _quietly(ctx, find)


def complete_stage(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The paths of the stages of the run that is named before."""
    return _stages(ctx, incomplete, only_waiting=False)


def complete_waiting(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The paths of the stages that wait for a signal."""
    return _stages(ctx, incomplete, only_waiting=True)


def _stages(ctx: click.Context, incomplete: str, *, only_waiting: bool) -> list[CompletionItem]:
    from stageline.cli.choosing import choose_run
    from stageline.cli.state import RunState
    from stageline.model.status import Status

    def find(session: Session) -> list[CompletionItem]:
        store = session.open_kept()
        state = RunState(store.retrieve(choose_run(store, ctx.params.get("run"))))
        chosen = [n for n in state.walk() if not only_waiting or state.records[n].status is Status.SUSPENDED]
        paths = [(state.path(number), state.records[number].status) for number in chosen]
        return [item(path, help=str(status)) for path, status in paths if path.startswith(incomplete)]

    return _quietly(ctx, find)


def complete_status(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The states of runs."""
    from stageline.model.status import Status

    return [item(str(status)) for status in Status if status.startswith(incomplete.upper())]


def complete_file(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Workflow files, and folders on the way to them."""
    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    with suppress(OSError):
        found = [path for path in sorted(folder.iterdir()) if str(path).startswith(str(incomplete).removeprefix("./"))]
        folders = [item(f"{path}/") for path in found if path.is_dir() and not path.name.startswith(".")]
        return [item(str(path)) for path in found if path.suffix in (".yml", ".yaml")] + folders
    return []
