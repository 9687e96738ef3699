"""The short way: one call that keeps a workflow, runs it to its end, and answers what became of it."""

from collections.abc import Callable, Mapping
from typing import Any

from stageline.engine.messages import StartWorkflow
from stageline.engine.ports import Store
from stageline.engine.queue_processor import QueueProcessor, utc_now
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

    `store` is a store or the URL of one; an id instead of a workflow continues a run that is kept there.
    `tasks` are names for Task classes and functions beside the built-in ones.
    """
    kept = open_store(store) if isinstance(store, str) else store
    try:
        id = workflow if isinstance(workflow, str) else workflow.id
        if isinstance(workflow, Workflow):
            kept.store(workflow)
        kept.push(id, StartWorkflow(), utc_now())
        with QueueProcessor(store=kept, registry=_registry(tasks), slots=slots) as processor:
            processor.process_all(timeout)
        return kept.retrieve(id)
    finally:
        if isinstance(store, str):
            kept.close()


def _registry(tasks: TaskRegistry | Tasks | None) -> TaskRegistry:
    if isinstance(tasks, TaskRegistry):
        return tasks
    registry = TaskRegistry()
    for name, task in (tasks or {}).items():
        registry.register(name, task)
    return registry
