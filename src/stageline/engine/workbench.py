"""What turns a decision to execute into a job: the task from the registry, and the stage as the task will see it."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from stageline.engine.blobs import Blobs
from stageline.engine.executor import Job, Key, Lane, lane_of
from stageline.engine.graph import Node
from stageline.engine.inputs import Surroundings, View, expanded, running_stage, view_of
from stageline.engine.messages import Execute
from stageline.engine.ports import Clock, Offer, Store
from stageline.engine.run import Run
from stageline.errors import StagelineError
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.targets.notes import notes_name
from stageline.targets.tree import kill_leftovers
from stageline.tasks.task import RunningStage, Task


class Registry(Protocol):
    """Where tasks are found by the names of their types."""

    def get(self, type: str) -> Task: ...

    def names(self) -> Sequence[str]: ...

    def close(self) -> None: ...


class Unavailable(Task):
    """Stands for a task that cannot be had, and says why."""

    instant = True

    def __init__(self, error: StagelineError) -> None:
        self._failure = Failure(str(error), Cause.DOCUMENT)

    def execute(self, stage: RunningStage) -> TaskResult:
        return TaskResult.terminal(self._failure)


class Workbench:
    """Makes jobs of executions, for runs held here and for offers taken from others."""

    def __init__(self, registry: Registry, store: Store, clock: Clock) -> None:
        self._registry = registry
        self.blobs = Blobs(store.files)
        self._around = Surroundings(str(store.files), self.blobs, clock, notes_name())
        self._tasks: dict[str, tuple[Task, Lane]] = {}

    @property
    def types(self) -> Sequence[str]:
        """The task types that can be executed here."""
        return self._registry.names()

    def lane(self, node: Node) -> Lane:
        """Where the present task of a stage is executed."""
        return self._task(node.spec.task_type(node.record))[1]

    def job(self, run: Run, execute: Execute) -> Job:
        """The job of an execution in a run that is held here."""
        node = run.nodes[execute.stage]
        task, lane = self._task(node.spec.task_type(node.record))
        stage = running_stage(view_of(run, node, self.blobs.expand), self._around)
        return Job(Key(run.id, execute.stage, execute.execution), lane, task, stage)

    def offer(self, run: Run, execute: Execute) -> Offer:
        """An execution with all that another processor needs for it; large values stay in their files."""
        node = run.nodes[execute.stage]
        body: dict[str, Any] = msgspec.to_builtins(view_of(run, node, dict), enc_hook=dict)
        return Offer(run.id, execute.stage, execute.execution, node.spec.task_type(node.record), body)

    def offered_job(self, offer: Offer) -> Job:
        """The job of an execution that another processor has offered."""
        task, lane = self._task(offer.type)
        view = expanded(msgspec.convert(offer.body, View), self.blobs.expand)
        stage = running_stage(view, self._around)
        # Whoever held this offer before may have died.
        _end_leftovers(stage)
        return Job(Key(offer.run, offer.stage, offer.execution), lane, task, stage)

    def clear_leftovers(self, run: Run, held: Sequence[int]) -> None:
        """End what a dead processor may have left running of the executions that are about to be repeated."""
        left = [
            (node, running_stage(view_of(run, node, self.blobs.expand), self._around))
            for node in run.nodes.values()
            if node.is_executing and node.seq not in held
        ]
        _end_leftovers(*(stage for _, stage in left))
        for node, stage in left:
            if node.record.stopping:
                task, _ = self._task(node.spec.task_type(node.record))
                task.abandon(stage)

    def _task(self, type: str) -> tuple[Task, Lane]:
        known = self._tasks.get(type)
        if known is None:
            try:
                task = self._registry.get(type)
            except StagelineError as error:
                task = Unavailable(error)
            known = self._tasks[type] = task, lane_of(task)
        return known


def _end_leftovers(*stages: RunningStage) -> None:
    """End what an execution of these stages before this one has left running."""
    executions = [stage.execution for stage in stages]
    kill_leftovers(
        *(execution.folder for execution in executions),
        notes=[execution.notes for execution in executions if execution.notes],
    )
