"""A run keeps its workflow as it was when it began. Who has mended the file since is told that it is not read again."""

from __future__ import annotations

from pathlib import Path, PurePath

import click

from stageline.cli.session import Session
from stageline.cli.state import RunState
from stageline.cli.times import SECOND
from stageline.model.workflow import Workflow


def say_changed(session: Session, run: Workflow, first: str | None = None) -> None:
    """Nothing, if the file is what it was."""
    path = _file_of(run)
    if path is None or not _is_newer(path, run):
        return
    shown = path.relative_to(session.cwd) if path.is_relative_to(session.cwd) else path
    again = session.say("run", str(shown), "--from", first or _first_unfinished(run))
    click.echo(
        f"{shown} has changed since this run began, which goes on with what it was; to use it: {again}", err=True
    )


def _file_of(run: Workflow) -> Path | None:
    names = run.names_now
    return Path(names["folder"], PurePath(names["file"]).name) if names.get("file") and names.get("folder") else None


def _is_newer(path: Path, run: Workflow) -> bool:
    try:
        changed = path.stat().st_mtime * SECOND
    except OSError:
        return False
    return run.record.started_at is not None and changed > run.record.started_at


def _first_unfinished(run: Workflow) -> str:
    state = RunState(run)
    own = state.children(None)
    return next(
        (state.specs[number].ref_id for number in own if not state.records[number].status.met), run.stages[0].ref_id
    )
