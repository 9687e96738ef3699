"""Stages under one name: they run as a list does, and the group ends as they have."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.stages.base import BaseNestedStage
from stageline.stages.definition import StageDefinition
from stageline.stages.outcomes import ended
from stageline.stages.work import Work

STAGES = "stages"


class GroupStage(BaseNestedStage):
    """Runs `stages`; their outputs stand under `stages.<id>.outputs`."""

    body: ClassVar[str] = "stages"
    nested: ClassVar[tuple[str, ...]] = ("stages",)

    stages: list[StageDefinition]

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return {STAGES: self.stages}

    def plan(self, work: Work) -> Plan | None:
        return None if work.planned else Plan(scopes=[work.scope(STAGES)])

    def collect(self, work: Work) -> TaskResult:
        return ended(work.scopes, {"stages": work.scopes[STAGES]["outputs"]} if work.scopes else {})
