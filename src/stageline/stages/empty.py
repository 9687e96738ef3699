"""Says something, and waits a while first if it is asked to. The wait is a timer: it holds nothing and outlives us."""

from typing import Annotated, ClassVar, Literal

import msgspec

from stageline.model.result import TaskResult
from stageline.stages.base import BaseAsyncStage
from stageline.stages.work import Work

SLEPT = "slept"


class EmptyStage(BaseAsyncStage):
    """Says `echo`, after `sleep` seconds, and puts it out as `echo`."""

    body: ClassVar[str] = "echo"
    instant: ClassVar[bool] = True
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "nowhere"

    echo: str | None = None
    sleep: Annotated[float, msgspec.Meta(ge=0, le=1800)] = 0

    def perform(self, work: Work) -> TaskResult:
        if self.sleep and work.settings.get(SLEPT) != work.stage.record.attempt:
            return TaskResult.running(after=self.sleep, context={SLEPT: work.stage.record.attempt})
        return TaskResult.success({"echo": self.echo} if self.echo is not None else {})
