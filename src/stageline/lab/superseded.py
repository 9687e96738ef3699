"""Runs that died, and that a new run of the same jobs takes the place of, are ended: nobody will go on with them."""

from __future__ import annotations

from collections.abc import Collection

from stageline.engine.orchestrator import Orchestrator
from stageline.engine.peers import is_gone, this_host
from stageline.engine.ports import RunRow, Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.lab.run_of import APPLICATION, JOB, PART, SCATTER_GATHER, job_of
from stageline.model.result import TaskResult
from stageline.model.workflow import Workflow
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import RunningStage, Task

LOOKED_AT = 100
PATIENCE = 10.0


class GivenUp(Task):
    """Stands for work that somebody else does now."""

    instant = True

    def execute(self, stage: RunningStage) -> TaskResult:
        return TaskResult.canceled("done by another run")


def end_superseded(store: Store, run: Workflow, done: Collection[str]) -> tuple[str, ...]:
    """End those unfinished runs, of which nobody is at work, whose jobs are all `done` (ids) or in this run."""
    jobs = {job_of(stage.ref_id) for stage in run.stages}.union(done)
    rows = [row for row in store.list_runs(LOOKED_AT) if row.application == APPLICATION and row.id != run.id]
    dead = [row.id for row in rows if not row.record.status.ended and _is_abandoned(row)]
    ended = tuple(id for id in dead if jobs.issuperset(_unfinished(store.retrieve(id))))
    if not ended:
        return ()
    steering = Orchestrator(store=store)
    for id in ended:
        steering.cancel(id, f"run {run.id} does its jobs now")
    registry = TaskRegistry()
    for type_ in (JOB, SCATTER_GATHER, PART):
        registry.register(type_, GivenUp())
    with QueueProcessor(store=store, registry=registry, runs=list(ended)) as processor:
        processor.process_all(PATIENCE)
    return ended


def _is_abandoned(row: RunRow) -> bool:
    return row.owner is None or is_gone(row.owner, this_host())


def _unfinished(run: Workflow) -> set[str]:
    stages = (stage for stage in run.stages if stage.parent is None and not stage.status.met)
    return {job_of(stage.ref_id) for stage in stages if stage.type in (JOB, SCATTER_GATHER)}
