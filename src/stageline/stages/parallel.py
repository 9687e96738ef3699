"""Branches side by side. One that fails does not stop the others; the stage fails at the end, and names them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import msgspec

from stageline.errors import DocumentError
from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.stages.base import BaseNestedStage
from stageline.stages.definition import StageDefinition
from stageline.stages.outcomes import ended, stages_of
from stageline.stages.work import Work


class ParallelStage(BaseNestedStage):
    """Runs the branches of `parallel`, `max-workers` at a time.

    Their outputs stand under `parallel.<branch>.stages.<id>.outputs`; inside, `branch` is the branch's name.
    """

    body: ClassVar[str] = "parallel"
    nested: ClassVar[tuple[str, ...]] = ("parallel",)
    resumes: ClassVar[bool] = True
    scope_names: ClassVar[tuple[str, ...]] = ("branch",)

    parallel: dict[str, list[StageDefinition]]
    max_workers: Annotated[int, msgspec.Meta(ge=1, le=20)] = 2

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return self.parallel

    def check(self) -> None:
        branches: object = self.parallel
        if not isinstance(branches, Mapping) or not branches:
            raise DocumentError(
                f"ParallelStage {self.name!r}: parallel is a mapping of names of branches to lists of stages, not empty"
            )
        super().check()

    def plan(self, work: Work) -> Plan | None:
        if work.planned:
            return None
        return Plan(scopes=[work.scope(branch, {"branch": branch}) for branch in work.inner], limit=self.max_workers)

    def collect(self, work: Work) -> TaskResult:
        branches = {branch: {"branch": branch, **stages_of(scope)} for branch, scope in work.scopes.items()}
        return ended(work.scopes, {"parallel": branches}, "branch")
