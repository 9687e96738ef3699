"""A workflow as its author writes it, and, once it runs, with the record of what has become of it. All is frozen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from stageline.errors import Canceled, DocumentError, RunFailed, UnknownName, did_you_mean
from stageline.model.failure import Failure
from stageline.model.fields import check_fields
from stageline.model.graph import check_graph, name_problem
from stageline.model.jsonvalue import canonical
from stageline.model.record import NEW_RUN, Parent, RunRecord
from stageline.model.stage import StageExecution
from stageline.model.status import Status


class Workflow(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A directed graph of stages, and one run of it. Make one with `Workflow.create`, which checks the graph.

    Its `names` are seen by all its stages, those that are planned later too.
    """

    id: str
    name: str
    application: str = ""
    stages: Sequence[StageExecution] = ()
    on_failure: Literal["fail-fast", "keep-going"] = "fail-fast"
    names: Mapping[str, Any] = {}
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
        names: Mapping[str, Any] | None = None,
    ) -> Workflow:
        """A new run of these stages, not yet started. Raises GraphError when the stages do not form a workflow."""
        if on_failure not in ("fail-fast", "keep-going"):
            raise DocumentError(f"workflow '{name}': on_failure is 'fail-fast' or 'keep-going', not {on_failure!r}")
        if problem := id and name_problem(id, "run's id"):
            raise DocumentError(f"workflow '{name}': id {id!r}: {problem}")
        texts: tuple[object, ...] = (name, application)
        if not all(isinstance(text, str) and "\0" not in text for text in texts):
            raise DocumentError(f"workflow {name!r}: its name and its application are texts without NUL characters")
        check_fields(name, stages)
        check_graph(name, stages)
        kept = tuple(_json_context(stage) for stage in stages)
        seen, _ = canonical(names or {}, f"workflow '{name}': names")
        id = id or uuid.uuid4().hex[:16]
        return cls(id=id, name=name, application=application, stages=kept, on_failure=on_failure, names=seen)

    @property
    def status(self) -> Status:
        return self.record.status

    @property
    def failure(self) -> Failure | None:
        return self.record.failure

    @property
    def names_now(self) -> dict[str, Any]:
        """The names that its stages see: its own, and what was changed when the run was retried."""
        return {**self.names, **self.record.names}

    def raise_for_status(self) -> Workflow:
        """This run, if it has ended well; RunFailed or Canceled, with what spoilt it, if not. A live run is let be."""
        if self.status is Status.FAILED:
            raise RunFailed(f"run {self.id} of '{self.name}' failed: {self.failure}")
        if self.status is Status.CANCELED:
            raise Canceled(f"run {self.id} of '{self.name}' was canceled: {self.failure}")
        return self

    def stage(self, ref: str) -> StageExecution:
        """The stage with this ref; of one that was planned while the run went on, its path: `planner/scope/stage`."""
        number, epoch = None, 0
        for step in ref.split("/"):
            below = {s.ref_id: n for n, s in enumerate(self.stages) if s.parent == number and s.epoch == epoch}
            if step not in below:
                raise UnknownName(f"no stage '{ref}' in '{self.name}'{did_you_mean(step, below)}")
            number = below[step]
            epoch = self.stages[number].record.epoch
        assert number is not None
        return self.stages[number]


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
    return Workflow.create(loaded.name, loaded.stages, loaded.application, loaded.on_failure, id, loaded.names)
