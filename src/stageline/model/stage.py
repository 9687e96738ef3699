"""A stage as its author writes it, and, once it runs, with the record of what has become of it. Frozen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.model.failure import Failure
from stageline.model.join import ALL, Join
from stageline.model.record import NEW_STAGE, NEW_TASK, StageRecord, TaskRecord
from stageline.model.retry import Retry
from stageline.model.status import Status

CHOSEN = "task-type"
_ONCE = Retry()
_SOME = (tuple, list, Collection)
_fix = msgspec.structs.force_setattr


class TaskExecution(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One task of a stage. `type` is the name under which its class is registered.

    Without one it is of the type that a task before it has left in the stage's context, as `task-type`.
    """

    name: str
    type: str
    stage_start: bool = False
    stage_end: bool = False
    record: TaskRecord = NEW_TASK

    @classmethod
    def create(cls, name: str, type: str, stage_start: bool = False, stage_end: bool = False) -> TaskExecution:
        """A task called `name` of the registered `type`. The flags say that it is its stage's first or last task."""
        return cls(name, type, stage_start, stage_end)

    @property
    def status(self) -> Status:
        return self.record.status

    @property
    def started_at(self) -> int | None:
        return self.record.started_at

    @property
    def ended_at(self) -> int | None:
        return self.record.ended_at


class StageExecution(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A stage: what it needs, what it does, and (after `store.retrieve`) what has become of it.

    Without `tasks` a stage has one task of its own `type`. `retry` is a number of further attempts or a `Retry`;
    `timeout` is in seconds, for each attempt of each task. A stage that was planned by another one while the run went
    on has that one's number as its `parent`. When an ended run is retried, one that `resumes` keeps what has ended well
    below it: only the scopes that ended badly run again, and in them the stages that did.
    """

    ref_id: str
    type: str = ""
    name: str = ""
    requisite_stage_ref_ids: Collection[str] = ()
    context: Mapping[str, Any] = {}
    tasks: Sequence[TaskExecution] = ()
    join: Join = ALL
    retry: Retry | int = _ONCE
    timeout: float | None = None
    on_failure: Literal["fail", "continue"] = "fail"
    max_jumps: int = 10
    resumes: bool = False
    parent: int | None = None
    epoch: int = 0
    record: StageRecord = NEW_STAGE

    def __post_init__(self) -> None:
        needs: object = self.requisite_stage_ref_ids
        if isinstance(needs, str) or not isinstance(needs, _SOME) or not all(isinstance(ref, str) for ref in needs):
            hint = f"write {{'{needs}'}}" if isinstance(needs, str) else f"not {needs!r}"
            raise DocumentError(f"stage '{self.ref_id}': requisite_stage_ref_ids is a set of refs: {hint}")
        if self.on_failure not in ("fail", "continue"):
            raise DocumentError(f"stage '{self.ref_id}': on_failure is 'fail' or 'continue', not {self.on_failure!r}")
        timeout: object = self.timeout
        if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
            raise DocumentError(f"stage '{self.ref_id}': timeout is a number of seconds above 0, not {self.timeout!r}")
        if isinstance(self.retry, int) and self.retry < 0:
            raise DocumentError(f"stage '{self.ref_id}': retry is a number of further attempts, not {self.retry}")
        _fix(self, "name", self.name or self.ref_id)
        _fix(self, "tasks", tuple(self.tasks))
        _fix(self, "requisite_stage_ref_ids", tuple(sorted(set(needs)) if len(needs) > 1 else needs))

    @property
    def status(self) -> Status:
        return self.record.status

    @property
    def outputs(self) -> dict[str, Any]:
        return dict(self.record.outputs)

    @property
    def failure(self) -> Failure | None:
        return self.record.failure

    @property
    def started_at(self) -> int | None:
        return self.record.started_at

    @property
    def ended_at(self) -> int | None:
        return self.record.ended_at

    @property
    def plan(self) -> Sequence[TaskExecution]:
        """The tasks, in order; a stage that lists none has one of its own type."""
        return self.tasks or (TaskExecution(self.name, self.type),)

    def task_type(self, record: StageRecord) -> str:
        """The type of the present task."""
        return (self.tasks[record.task].type or str(record.context.get(CHOSEN, ""))) if self.tasks else self.type

    def with_record(self, record: StageRecord) -> StageExecution:
        """This stage with what has become of it, and its tasks with what has become of them."""
        tasks = self.tasks
        if len(tasks) == 1 and record is not NEW_STAGE:
            alone = TaskRecord(record.status, record.started_at, record.ended_at)
            tasks = (msgspec.structs.replace(tasks[0], record=alone),)
        elif record.tasks:
            later = (NEW_TASK,) * (len(tasks) - len(record.tasks))
            pairs = zip(tasks, record.tasks + later, strict=True)
            tasks = tuple(msgspec.structs.replace(task, record=become) for task, become in pairs)
        return msgspec.structs.replace(self, record=record, tasks=tasks)

    @property
    def retry_rule(self) -> Retry:
        """`retry`, whichever way it was written."""
        return Retry(self.retry) if isinstance(self.retry, int) else self.retry
