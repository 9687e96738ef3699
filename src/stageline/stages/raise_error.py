"""Fails with a message, on purpose: to end a run that must not go on, and to see how failures are handled."""

from typing import ClassVar, Literal

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.stages.base import BaseAsyncStage
from stageline.stages.work import Work


class RaiseStage(BaseAsyncStage):
    """Fails with `message`, which YAML calls `raise`."""

    body: ClassVar[str] = "raise"
    instant: ClassVar[bool] = True
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "nowhere"

    message: str = msgspec.field(name="raise")

    def perform(self, work: Work) -> TaskResult:
        return TaskResult.failed(Failure(self.message, Cause.EXCEPTION, names=("StageError",)))
