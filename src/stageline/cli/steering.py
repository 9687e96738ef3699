"""After something was asked of a run: see that it is done, by whoever works on the run, or else by us."""

from __future__ import annotations

import time
from collections.abc import Callable

from stageline.cli.session import Session
from stageline.cli.standing import nobody_works_on
from stageline.engine.ports import Store
from stageline.model.status import Status

PATIENCE = 5.0
LONGEST = 60.0
LOOK = 0.05


def settle(session: Session, store: Store, run: str, is_done: Callable[[Status], bool]) -> Status:
    """Wait until a run is where it was asked to be; work on it if nobody else does. Answers how it stands."""
    if nobody_works_on(store, run):
        _work(session, store, run, is_done)
    until = time.monotonic() + PATIENCE
    while not is_done(status := store.retrieve(run).status) and time.monotonic() < until:
        time.sleep(LOOK)
    return status


def end_elsewhere(session: Session, store: Store, run: str) -> None:
    """End what a run of a Lab that was left has running on its target."""
    found = store.retrieve(run)
    if found.names.get("target"):
        from stageline.cli.reaching import reach_of
        from stageline.lab.afar.ending import end_afar

        end_afar(reach_of(session), found, session.home)


def _work(session: Session, store: Store, run: str, is_done: Callable[[Status], bool]) -> None:
    from stageline.cli.kinds import tasks_for
    from stageline.engine.queue_processor import QueueProcessor

    until = time.monotonic() + LONGEST
    registry = tasks_for(session, store.retrieve(run))
    with QueueProcessor(store=store, registry=registry, runs=[run]) as processor:
        while not is_done(store.retrieve(run).status) and time.monotonic() < until:
            if processor.process_all(LOOK):
                time.sleep(LOOK)
