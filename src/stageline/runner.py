"""The short way: one call that keeps a workflow, runs it to its end, and answers what became of it."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stageline.engine.clock import forward_now, utc_now
from stageline.engine.messages import StartWorkflow
from stageline.engine.ports import Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.errors import DocumentError, UnknownName
from stageline.model.record import NEW_STAGE
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.store.opening import open_store
from stageline.tasks.python_executor import PythonExecutor
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import Task

SECOND = 1_000_000
PAUSE = 0.05

Tasks = Mapping[str, type[Task] | Task | Callable[..., Any]]


def run(
    workflow: Workflow | str,
    store: Store | str | Path = "memory:",
    tasks: TaskRegistry | Tasks | None = None,
    timeout: float | None = None,
    slots: int | None = None,
    executor: PythonExecutor | None = None,
) -> Workflow:
    """Run a workflow until nothing of it is left to do, at most `timeout` seconds, and return it with its records.

    `store` is a store or the URL of one. A run that is kept there already is continued, whether its workflow is given
    again or only its id.
    `tasks` are names for Task classes and functions beside the built-in ones. Python text runs where the `executor` has
    it run, if one is given.
    """
    if not isinstance(workflow, Workflow | str):
        raise DocumentError(f"run takes a Workflow or the id of a run, not {type(workflow).__name__}")
    kept = open_store(str(store)) if isinstance(store, str | Path) else store
    try:
        id = workflow if isinstance(workflow, str) else workflow.id
        if isinstance(workflow, Workflow):
            _keep(kept, workflow)
        kept.push(id, StartWorkflow(), utc_now())
        with QueueProcessor(store=kept, registry=_registry(tasks, executor), slots=slots) as processor:
            return _wait(processor, id, timeout)
    finally:
        if kept is not store:
            kept.close()


def _wait(processor: QueueProcessor, id: str, timeout: float | None) -> Workflow:
    """Work until nothing is left to do here, and nobody else executes anything of this run."""
    ends = None if timeout is None else forward_now() + timeout * SECOND
    while True:
        left = None if ends is None else max(ends - forward_now(), 0) / SECOND
        processor.process_all(left)
        run = processor.store.retrieve(id)
        out_of_time = ends is not None and forward_now() >= ends
        if run.status.ended or out_of_time or not any(_is_executing(stage) for stage in run.stages):
            return run
        time.sleep(PAUSE)


def _is_executing(stage: StageExecution) -> bool:
    return stage.status is Status.RUNNING and stage.record.waiting is None


def _keep(store: Store, workflow: Workflow) -> None:
    """Keep a new run. One that is there already is continued, if it is the same."""
    try:
        store.store(workflow)
    except DocumentError:
        if not _is_kept(store, workflow):
            raise


def _is_kept(store: Store, workflow: Workflow) -> bool:
    try:
        kept = store.retrieve(workflow.id)
    except UnknownName:
        return False
    return [stage.with_record(NEW_STAGE) for stage in kept.stages if stage.parent is None] == list(workflow.stages)


def _registry(tasks: TaskRegistry | Tasks | None, executor: PythonExecutor | None) -> TaskRegistry:
    if isinstance(tasks, TaskRegistry):
        if executor is not None:
            raise DocumentError("a registry has its executor already: TaskRegistry(executor), stage_tasks(…, Tools(…))")
        return tasks
    registry = TaskRegistry(executor)
    for name, task in (tasks or {}).items():
        registry.register(name, task)
    return registry
