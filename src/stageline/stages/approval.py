"""Waits until somebody approves, by a signal. A no is final; the wait holds nothing, and has no limit of its own."""

from typing import ClassVar, Literal

from stageline.model.result import TaskResult
from stageline.stages.base import BaseStage
from stageline.stages.work import Work
from stageline.tasks.approval import ApprovalSettings, Asked, approve
from stageline.tasks.shapes import converted


class ApprovalStage(BaseStage):
    """Asks `approval`, and goes on with a signal that has `approved`, and perhaps `by` and `comment`."""

    body: ClassVar[str] = "approval"
    instant: ClassVar[bool] = True
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "nowhere"
    bounded: ClassVar[bool] = False

    approval: str

    def perform(self, work: Work) -> TaskResult:
        told = work.settings.get("approval_asked")
        asked = None if told is None else converted(told, Asked)
        return approve(work.stage, ApprovalSettings(self.approval, approval_asked=asked))
