"""The runs that are measured: a chain and a fan-out, of stages that do nothing, durably on a SQLite file."""

import gc
import time
from pathlib import Path
from typing import NamedTuple

from stageline import (
    Orchestrator,
    QueueProcessor,
    SqliteQueue,
    StageExecution,
    TaskRegistry,
    TaskResult,
    Workflow,
    WorkflowStatus,
)


class Taken(NamedTuple):
    """Seconds on the clock on the wall, and of the processor."""

    wall: float
    cpu: float


class Stopwatch:
    """Use as `with Stopwatch() as watch: ...`; afterwards `watch.taken` is set. Garbage of before does not count."""

    taken = Taken(0.0, 0.0)

    def __enter__(self) -> "Stopwatch":
        gc.collect()
        self._begun = Taken(time.perf_counter(), time.process_time())
        return self

    def __exit__(self, *raised: object) -> None:
        self.taken = Taken(time.perf_counter() - self._begun.wall, time.process_time() - self._begun.cpu)


def no_op(stage: StageExecution) -> TaskResult:
    """A Python function that does nothing, through the pool of worker threads."""
    return TaskResult.success()


def stage(ref: str, type: str, *needs: str) -> StageExecution:
    return StageExecution(ref_id=ref, type=type, requisite_stage_ref_ids=needs)


def chain(count: int, type: str = "noop") -> Workflow:
    stages = [stage(f"s{i}", type, *([f"s{i - 1}"] if i else [])) for i in range(count)]
    return Workflow.create(name="chain", stages=stages)


def fan(count: int, type: str = "noop") -> Workflow:
    middle = [stage(f"s{i}", type, "first") for i in range(count)]
    last = stage("last", "noop", *(s.ref_id for s in middle))
    return Workflow.create(name="fan", stages=[stage("first", "noop"), *middle, last])


def keep(path: Path, workflow: Workflow) -> SqliteQueue:
    queue = SqliteQueue(f"sqlite:///{path}")
    queue.store.store(workflow)
    return queue


def execute(path: Path, workflow: Workflow) -> Taken:
    """How long the engine takes from the start of a kept run to its end."""
    queue = keep(path, workflow)
    registry = TaskRegistry()
    registry.register("function", no_op)
    with QueueProcessor(queue, registry=registry) as processor, Stopwatch() as watch:
        Orchestrator(queue).start(workflow)
        processor.process_all()
    assert queue.store.list_runs()[0].record.status is WorkflowStatus.SUCCEEDED
    queue.store.close()
    return watch.taken
