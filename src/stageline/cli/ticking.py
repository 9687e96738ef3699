"""One look at runs on targets: each is taken up, moved on as far as it goes at once, and left again."""

from __future__ import annotations

import time
from typing import NamedTuple

from stageline.cli.choosing import EVERY
from stageline.cli.kinds import tasks_for
from stageline.cli.session import Session
from stageline.cli.standing import is_left
from stageline.engine.ports import Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.lab.run_of import APPLICATION
from stageline.model.status import Status
from stageline.model.workflow import Workflow

SLICE = 0.1
QUIET = 0.6
LONGEST = 3600.0


class Looked(NamedTuple):
    """A run that was looked at, and how it stands now."""

    run: str
    status: Status
    target: str


def tick(session: Session) -> list[Looked]:
    """Look at all of them, the oldest first."""
    if not session.has_store:
        return []
    store = session.open_kept()
    left = [row.id for row in store.list_runs(EVERY) if row.application == APPLICATION and is_left(row)]
    runs = [store.retrieve(id) for id in reversed(left)]
    return [_look(session, store, run) for run in runs if run.names.get("target")]


def _look(session: Session, store: Store, run: Workflow) -> Looked:
    until = time.monotonic() + LONGEST
    registry = tasks_for(session, run)
    with QueueProcessor(store=store, registry=registry, runs=[run.id]) as processor:
        quiet_since = time.monotonic()
        while time.monotonic() < until and not store.retrieve(run.id).status.ended:
            processor.process_all(SLICE)
            now = time.monotonic()
            if not registry.lab.is_quiet(run.id):
                quiet_since = now
            if now - quiet_since > QUIET:
                break
    return Looked(run.id, store.retrieve(run.id).status, str(run.names["target"]))
