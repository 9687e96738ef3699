"""Stands for a stage that is not to be run now: it is skipped, and puts out what the stage has put out before."""

from typing import Any, ClassVar, Literal

from stageline.model.result import TaskResult
from stageline.stages.base import BaseStage
from stageline.stages.definition import StageDefinition
from stageline.stages.work import Work


class KeptStage(BaseStage):
    """Answers at once, with outputs that an earlier run has left."""

    instant: ClassVar[bool] = True
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "nowhere"
    late: ClassVar[tuple[str, ...]] = (*StageDefinition.late, "outputs")

    outputs: dict[str, Any]

    def perform(self, work: Work) -> TaskResult:
        return TaskResult.skipped(self.outputs)
