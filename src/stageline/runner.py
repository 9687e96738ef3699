"""The short way: one call that keeps a workflow, runs it to its end, and answers what became of it."""

from collections.abc import Callable, Mapping
from typing import Any

from stageline.engine.clock import utc_now
from stageline.engine.messages import StartWorkflow
from stageline.engine.ports import Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.errors import DocumentError
from stageline.model.record import NEW_STAGE
from stageline.model.workflow import Workflow
from stageline.store.opening import open_store
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import Task

Tasks = Mapping[str, type[Task] | Task | Callable[..., Any]]


def run(
    workflow: Workflow | str,
    store: Store | str = "memory:",
    tasks: TaskRegistry | Tasks | None = None,
    timeout: float | None = None,
    slots: int | None = None,
) -> Workflow:
    """Run a workflow until nothing is left to do, at most `timeout` seconds, and return it with its records.

    `store` is a store or the URL of one. A run that is kept there already is continued, whether its workflow is given
    again or only its id.
    `tasks` are names for Task classes and functions beside the built-in ones.
    """
    kept = open_store(store) if isinstance(store, str) else store
    try:
        id = workflow if isinstance(workflow, str) else workflow.id
        if isinstance(workflow, Workflow):
            _keep(kept, workflow)
        kept.push(id, StartWorkflow(), utc_now())
        with QueueProcessor(store=kept, registry=_registry(tasks), slots=slots) as processor:
            processor.process_all(timeout)
        return kept.retrieve(id)
    finally:
        if isinstance(store, str):
            kept.close()


def _keep(store: Store, workflow: Workflow) -> None:
    """Keep a new run. One that is there already is continued, if it is the same."""
    try:
        store.store(workflow)
    except DocumentError:
        kept = store.retrieve(workflow.id)
        if [stage.with_record(NEW_STAGE) for stage in kept.stages if stage.parent is None] != list(workflow.stages):
            raise


def _registry(tasks: TaskRegistry | Tasks | None) -> TaskRegistry:
    if isinstance(tasks, TaskRegistry):
        return tasks
    registry = TaskRegistry()
    for name, task in (tasks or {}).items():
        registry.register(name, task)
    return registry
