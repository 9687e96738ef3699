"""The short way: one call that keeps a workflow, runs it to its end, and answers what became of it."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from stageline.engine.blobs import Blobs
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
        return _with_large_values(kept.retrieve(id), Blobs(kept.files / "large"))
    finally:
        if isinstance(store, str):
            kept.close()


def _with_large_values(workflow: Workflow, blobs: Blobs) -> Workflow:
    """The workflow with the outputs that a store keeps in files: a store in memory is about to remove them."""
    stages = []
    for stage in workflow.stages:
        outputs = blobs.expand(stage.outputs)
        record = stage.record if outputs is stage.outputs else replace(stage.record, outputs=dict(outputs))
        stages.append(stage if record is stage.record else replace(stage, record=record))
    return replace(workflow, stages=tuple(stages))


def _registry(tasks: TaskRegistry | Tasks | None) -> TaskRegistry:
    if isinstance(tasks, TaskRegistry):
        return tasks
    registry = TaskRegistry()
    for name, task in (tasks or {}).items():
        registry.register(name, task)
    return registry
