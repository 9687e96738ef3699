"""A processor whose loop is too busy to give signs of life is not taken for dead."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from stageline import (
    Orchestrator,
    QueueProcessor,
    SqliteQueue,
    StageExecution,
    Task,
    TaskRegistry,
    TaskResult,
    Workflow,
)
from stageline.engine.membership import BEAT, LEASE, Membership
from stageline.store.memory import MemoryStore
from stageline.tasks.task import RunningStage

SECOND = 1_000_000


class Lingering(Task):
    """Holds up the loop, and tells by how much the lease of its processor has grown meanwhile."""

    instant = True

    def __init__(self, database: Path) -> None:
        self._database = database

    def _lease(self) -> int:
        with closing(sqlite3.connect(self._database)) as connection:
            ((until,),) = connection.execute("SELECT lease_until FROM processors").fetchall()
        assert isinstance(until, int)
        return until

    def execute(self, stage: RunningStage) -> TaskResult:
        before = self._lease()
        time.sleep(3.5 * BEAT / SECOND)
        return TaskResult.success({"grown": self._lease() - before})


def pulses() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "stageline-pulse"]


def test_the_lease_is_renewed_while_the_loop_is_held_up(tmp_path: Path) -> None:
    queue = SqliteQueue(f"sqlite:///{tmp_path}/runs.db")
    registry = TaskRegistry()
    registry.register("lingering", Lingering(tmp_path / "runs.db"))
    workflow = Workflow.create("long", [StageExecution(ref_id="one", type="lingering")])
    queue.store.store(workflow)
    with QueueProcessor(queue, registry=registry) as processor:
        Orchestrator(queue).start(workflow)
        processor.process_all()
        assert pulses()
    assert queue.store.retrieve(workflow.id).stage("one").outputs["grown"] >= BEAT
    assert pulses() == []
    queue.store.close()


def test_a_sign_from_beside_the_loop_is_as_good_as_its_own() -> None:
    membership = Membership(MemoryStore(), 1)
    membership.renew(0, 0)
    assert membership.id == "", "only a member can give signs"
    assert membership.beat(0, 0)
    membership.renew(LEASE - 1, LEASE - 1)
    assert not membership.is_lost(2 * LEASE - 2)
    assert membership.is_lost(2 * LEASE - 1)


def test_what_is_lost_is_not_taken_back_by_a_late_sign() -> None:
    membership = Membership(MemoryStore(), 1)
    membership.beat(0, 0)
    membership.renew(LEASE, LEASE)
    assert membership.is_lost(LEASE)


def test_a_sign_of_one_that_was_declared_dead_renews_nothing() -> None:
    store = MemoryStore()
    membership = Membership(store, 1)
    membership.beat(0, 0)
    store.leave(membership.id)
    membership.renew(LEASE - 1, LEASE - 1)
    assert membership.is_lost(LEASE)
