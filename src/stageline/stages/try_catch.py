"""Stages, what to do when they fail, and what to do in any case, however they end."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.stages.base import BaseNestedStage
from stageline.stages.definition import StageDefinition
from stageline.stages.outcomes import ended, stages_of
from stageline.stages.work import Work

TRY, CATCH, FINALLY = "try", "catch", "finally"


class TryStage(BaseNestedStage):
    """Runs the stages of `try`; if they fail, those of `catch`, whose success is the stage's; at last `finally`.

    `finally` runs when the stage is canceled or out of time too, and what fails in it fails the stage. Inside `catch`,
    `error` has the `stage` that failed, the `name` and `message` of its failure, and its `outputs`. `catch` and
    `finally` see the stages before them. Outputs stand under `try.stages.<id>.outputs`, and so for the others.
    """

    body: ClassVar[str] = TRY
    nested: ClassVar[tuple[str, ...]] = ("try_", "catch", "finally_")
    scope_names: ClassVar[tuple[str, ...]] = ("error",)
    sees: ClassVar[Mapping[str, tuple[str, ...]]] = {CATCH: (TRY,), FINALLY: (TRY, CATCH)}

    try_: list[StageDefinition] = msgspec.field(name="try")
    catch: list[StageDefinition] | None = None
    finally_: list[StageDefinition] | None = msgspec.field(default=None, name="finally")

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        parts = {TRY: self.try_, CATCH: self.catch, FINALLY: self.finally_}
        return {key: stages for key, stages in parts.items() if stages is not None}

    def check(self) -> None:
        super().check()
        if self.catch is None and self.finally_ is None:
            raise DocumentError(f"TryStage {self.name!r}: try without catch and finally does nothing: give it one")

    def plan(self, work: Work) -> Plan | None:
        if not work.planned:
            return Plan(scopes=[work.scope(TRY)])
        failed = Status(work.scopes[TRY]["status"]) is Status.FAILED
        if failed and CATCH in work.inner and CATCH not in work.scopes:
            return Plan(scopes=[work.scope(CATCH, {**_seen(work), "error": error_of(work.scopes[TRY])})])
        return self.plan_last(work)

    def plan_last(self, work: Work) -> Plan | None:
        if FINALLY not in work.inner or FINALLY in work.scopes:
            return None
        error = error_of(work.scopes[TRY]) if TRY in work.scopes else None
        return Plan(scopes=[work.scope(FINALLY, {**_seen(work), "error": error}, shielded=True)])

    def collect(self, work: Work) -> TaskResult:
        scopes = dict(work.scopes)
        outputs = {key: stages_of(scope) for key, scope in scopes.items()}
        counted = {key: scope for key, scope in scopes.items() if key != TRY or CATCH not in scopes}
        result = ended(counted, outputs)
        last = scopes.get(FINALLY)
        if last is None or Status(last["status"]).met:
            return result
        first = ended({key: scope for key, scope in counted.items() if key != FINALLY}, {})
        return TaskResult.failed(Failure(_both(str(last["failure"]), first.failure), Cause.CHILD), outputs)


def _both(last: str, first: Failure | None) -> str:
    return f"{first.message}; and in finally {last}" if first else f"in finally {last}"


def _seen(work: Work) -> dict[str, Any]:
    """The stages of the lists before, as the later ones see them."""
    stages = dict(work.stage.names.get("stages", {}))
    for scope in work.scopes.values():
        stages.update(scope["outputs"])
    return {"stages": stages}


def error_of(scope: Mapping[str, Any]) -> dict[str, Any] | None:
    """What expressions see of the failure of a scope: that of the first of its stages that failed."""
    for ref, stage in scope["outputs"].items():
        if Status(stage["status"]) is Status.FAILED:
            return {"stage": ref, **stage["error"], "outputs": stage["outputs"]}
    return None
