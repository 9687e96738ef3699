"""Stages under one name: they run as a list does, and the group ends as they have."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.stages.base import BaseNestedStage
from stageline.stages.definition import StageDefinition
from stageline.stages.environment import scope_env
from stageline.stages.outcomes import ended
from stageline.stages.work import Work

STAGES = "stages"


class GroupStage(BaseNestedStage):
    """Runs `stages` with the variables of `env`; their outputs stand under `stages.<id>.outputs`."""

    body: ClassVar[str] = "stages"
    nested: ClassVar[tuple[str, ...]] = ("stages",)
    late: ClassVar[tuple[str, ...]] = (*BaseNestedStage.late, "env")
    resumes: ClassVar[bool] = True

    stages: list[StageDefinition]
    env: dict[str, Any] = {}

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return {STAGES: self.stages}

    def plan(self, work: Work) -> Plan | None:
        return None if work.planned else Plan(scopes=[work.scope(STAGES, scope_env(work, self.env))])

    def collect(self, work: Work) -> TaskResult:
        return ended(work.scopes, {"stages": work.scopes[STAGES]["outputs"]} if work.scopes else {})
