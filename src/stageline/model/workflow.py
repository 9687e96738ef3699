"""A workflow as its author writes it, and, once it runs, with the record of what has become of it. All is frozen."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

from stageline.errors import DocumentError, UnknownName, did_you_mean
from stageline.model.failure import Failure
from stageline.model.graph import check_graph
from stageline.model.join import ALL, Join
from stageline.model.jsonvalue import canonical
from stageline.model.record import NEW_RUN, NEW_STAGE, NEW_TASK, Parent, RunRecord, StageRecord, TaskRecord
from stageline.model.retry import Retry
from stageline.model.status import Status

_ONCE = Retry()


class TaskExecution(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One task of a stage. `type` is the name under which its class is registered."""

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
    on has that one's number as its `parent`.
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
    parent: int | None = None
    epoch: int = 0
    record: StageRecord = NEW_STAGE

    def __post_init__(self) -> None:
        if isinstance(self.requisite_stage_ref_ids, str):
            hint = f"write {{'{self.requisite_stage_ref_ids}'}}"
            raise DocumentError(f"stage '{self.ref_id}': requisite_stage_ref_ids is a set of refs: {hint}")
        if self.on_failure not in ("fail", "continue"):
            raise DocumentError(f"stage '{self.ref_id}': on_failure is 'fail' or 'continue', not {self.on_failure!r}")
        if self.timeout is not None and not self.timeout > 0:
            raise DocumentError(f"stage '{self.ref_id}': timeout is a number of seconds above 0, not {self.timeout!r}")
        if isinstance(self.retry, int) and self.retry < 0:
            raise DocumentError(f"stage '{self.ref_id}': retry is a number of further attempts, not {self.retry}")
        fix = msgspec.structs.force_setattr
        fix(self, "name", self.name or self.ref_id)
        fix(self, "tasks", tuple(self.tasks))
        fix(self, "requisite_stage_ref_ids", tuple(sorted(set(self.requisite_stage_ref_ids))))

    @property
    def status(self) -> Status:
        return self.record.status

    @property
    def outputs(self) -> dict[str, Any]:
        return self.record.outputs

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


class Workflow(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A directed graph of stages, and one run of it. Make one with `Workflow.create`, which checks the graph."""

    id: str
    name: str
    application: str = ""
    stages: Sequence[StageExecution] = ()
    on_failure: Literal["fail-fast", "keep-going"] = "fail-fast"
    parent: Parent | None = None
    record: RunRecord = NEW_RUN

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "stages", tuple(self.stages))

    @classmethod
    def create(
        cls,
        name: str,
        stages: Sequence[StageExecution],
        application: str = "",
        on_failure: Literal["fail-fast", "keep-going"] = "fail-fast",
        id: str = "",
    ) -> Workflow:
        """A new run of these stages, not yet started. Raises GraphError when the stages do not form a workflow."""
        if on_failure not in ("fail-fast", "keep-going"):
            raise DocumentError(f"workflow '{name}': on_failure is 'fail-fast' or 'keep-going', not {on_failure!r}")
        check_graph(name, stages)
        kept = tuple(_json_context(stage) for stage in stages)
        return cls(
            id=id or uuid.uuid4().hex[:16], name=name, application=application, stages=kept, on_failure=on_failure
        )

    @property
    def status(self) -> Status:
        return self.record.status

    @property
    def failure(self) -> Failure | None:
        return self.record.failure

    def stage(self, ref: str) -> StageExecution:
        """The stage with this ref."""
        own = [stage for stage in self.stages if stage.parent is None]
        for stage in own:
            if stage.ref_id == ref:
                return stage
        raise UnknownName(f"no stage '{ref}' in '{self.name}'{did_you_mean(ref, (s.ref_id for s in own))}")


def _json_context(stage: StageExecution) -> StageExecution:
    """The stage with a private copy of its context, in which child workflows have become plain JSON."""
    if not stage.context:
        return stage
    plain = {key: to_plain(item) if isinstance(item, Workflow) else item for key, item in stage.context.items()}
    context, _ = canonical(plain, f"stage '{stage.ref_id}': context")
    return msgspec.structs.replace(stage, context=context)


def to_plain(workflow: Workflow) -> dict[str, Any]:
    """A workflow's definition as JSON, without its id: what `Workflow` objects in a context become."""
    plain: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(workflow, record=NEW_RUN, parent=None))
    del plain["id"]
    return plain


def from_plain(plain: object, id: str) -> Workflow:
    """A workflow from what `to_plain` gave, checked again."""
    if isinstance(plain, Workflow):
        plain = to_plain(plain)
    if not isinstance(plain, dict):
        raise DocumentError(f"a workflow is a Workflow or its plain form, not {type(plain).__name__}")
    try:
        loaded = msgspec.convert({**plain, "id": id}, Workflow)
    except msgspec.ValidationError as error:
        raise DocumentError(f"not a workflow: {error}") from error
    return Workflow.create(loaded.name, loaded.stages, loaded.application, loaded.on_failure, id)
