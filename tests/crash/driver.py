"""What a process does that has a run to bring to its end, whoever began it, and however far it got."""

from __future__ import annotations

from pathlib import Path

import msgspec

from stageline.engine.clock import utc_now
from stageline.engine.messages import Signal, StartWorkflow
from stageline.engine.ports import Clock, Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.errors import UnknownName
from stageline.model.status import Status
from stageline.store.opening import open_store
from tests.crash.counted import CountedRegistry, counted_store
from tests.crash.journal import Journal
from tests.crash.killing import Killer
from tests.crash.nested import nested, tasks
from tests.crash.planners import loop
from tests.crash.workload import registry, workload

LIMIT = 30.0
SLOTS = 16
WORKLOADS = {"everything": workload, "loop": loop, "nested": nested}
TASKS = {"nested": tasks}


class Case(msgspec.Struct, frozen=True):
    """A run, where it is kept, and a folder for what its tasks do."""

    run: str
    url: str
    folder: Path
    workload: str = "everything"

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "journal")

    def open(self) -> Store:
        """The store, to look into."""
        return open_store(self.url, files=self.folder / "files")

    @property
    def counts(self) -> Path:
        return self.folder / "counts"

    @property
    def shell_log(self) -> Path:
        return self.folder / "shell.log"


def drive(case: Case, killer: Killer, ahead: float = 0.0) -> None:
    """Bring the run to its end, or die on the way. This process's clock is so many seconds ahead."""
    store = counted_store(case.url, case.folder / "files", killer, case.run)
    _begin(case, store)
    counted = CountedRegistry(TASKS.get(case.workload, registry)(), killer, case.journal)
    with QueueProcessor(store=store, registry=counted, slots=SLOTS, clock=_clock(ahead)) as processor:
        while True:
            if not processor.process_all(LIMIT):
                raise TimeoutError(f"the run has not ended after {LIMIT} s")
            if store.retrieve(case.run).status.ended:
                break
            _say_what_is_awaited(case, store)
    store.close()


def count(case: Case) -> None:
    """Bring the run to its end, and write down how much there was."""
    killer = Killer(None)
    drive(case, killer)
    case.counts.write_bytes(msgspec.json.encode(killer.counts))


def _clock(ahead: float) -> Clock:
    return lambda: utc_now() + int(ahead * 1_000_000)


def _begin(case: Case, store: Store) -> None:
    try:
        run = store.retrieve(case.run)
    except UnknownName:
        run = WORKLOADS[case.workload](case.run, str(case.shell_log))
        store.store(run)
    if case.workload == "everything" and run.stage("told_early").status is Status.NOT_STARTED:
        store.push(case.run, Signal("told_early", {"word": "early"}), utc_now())
    store.push(case.run, StartWorkflow(), utc_now())


def _say_what_is_awaited(case: Case, store: Store) -> None:
    words: dict[str, dict[str, object]] = {
        "told_late": {"word": "late"},
        "approve": {"approved": True, "by": "the driver"},
    }
    for stage in store.retrieve(case.run).stages:
        if stage.status is Status.SUSPENDED and stage.ref_id in words:
            store.push(case.run, Signal(stage.ref_id, words[stage.ref_id]), utc_now())
