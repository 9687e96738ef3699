"""Runs of a home that died or were stopped, and of whose jobs none is left to them, are ended: nobody will go on with
them. One whose jobs are all done ends as these did; one whose jobs a new run does is canceled.

What has jobs left that nobody does stays as it is, and can be resumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from stageline.engine.peers import is_gone, this_host
from stageline.engine.ports import RunRow, Store
from stageline.lab.ended import DONE
from stageline.lab.layout import JOBS
from stageline.lab.run_of import APPLICATION, JOB, LAB, PART, SCATTER_GATHER, job_of
from stageline.model.result import TaskResult
from stageline.model.workflow import Workflow
from stageline.tasks.task import RunningStage, Task

LOOKED_AT = 100
PATIENCE = 10.0


class Elsewhere(Task):
    """Stands for work that was done, or is being done, by somebody else."""

    instant = True

    def __init__(self, result: TaskResult) -> None:
        self._result = result

    def execute(self, stage: RunningStage) -> TaskResult:
        return self._result


def end_superseded(store: Store, home: str, done: Collection[str], run: Workflow | None = None) -> tuple[str, ...]:
    """End those unfinished runs, of which nobody is at work, whose jobs are all `done` (ids) or in this new run."""
    now = {job_of(stage.ref_id) for stage in run.stages} if run is not None else set[str]()
    runs = {one.id: one for one in _abandoned(store, home)}
    left = {id: _unfinished(one) for id, one in runs.items()}
    here = {id for id, one in runs.items() if run is not None and _target(one) == _target(run)}
    finished = [id for id, jobs in left.items() if now.isdisjoint(jobs) and jobs.issubset(done)]
    canceled = [id for id in here.difference(finished) if left[id].issubset(now.union(done))]
    if not finished and not canceled:
        return ()
    from stageline.engine.orchestrator import Orchestrator  # only here: mostly there is nothing to end

    steering = Orchestrator(store=store)
    for id in finished:
        steering.start(id)
        steering.resume(id)
    _work_off(store, finished, DONE)
    for id in canceled:
        assert run is not None
        steering.cancel(id, f"run {run.id} does its jobs now")
    _work_off(store, canceled, TaskResult.canceled("done by another run"))
    return (*finished, *canceled)


def _work_off(store: Store, runs: Sequence[str], result: TaskResult) -> None:
    if not runs:
        return
    from stageline.engine.queue_processor import QueueProcessor  # only here, as above
    from stageline.tasks.registry import TaskRegistry

    registry = TaskRegistry()
    for type_ in (JOB, SCATTER_GATHER, PART):
        registry.register(type_, Elsewhere(result))
    with QueueProcessor(store=store, registry=registry, runs=list(runs)) as processor:
        processor.process_all(PATIENCE)


def _abandoned(store: Store, home: str) -> Iterator[Workflow]:
    """The unfinished runs of a home of which nobody is at work."""
    for row in store.list_runs(LOOKED_AT):
        if row.application == APPLICATION and not row.record.status.ended and _is_left(row):
            run = store.retrieve(row.id)
            if str(Path(run.names[LAB], JOBS).resolve().parent) == home:
                yield run


def _is_left(row: RunRow) -> bool:
    return row.owner is None or is_gone(row.owner, this_host())


def _target(run: Workflow) -> str:
    """Where its jobs are run: what goes on elsewhere is not ended by running the same here."""
    return str(run.names.get("target", ""))


def _unfinished(run: Workflow) -> set[str]:
    stages = (stage for stage in run.stages if stage.parent is None and not stage.status.met)
    return {job_of(stage.ref_id) for stage in stages if stage.type in (JOB, SCATTER_GATHER)}
