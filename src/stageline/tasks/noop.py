"""Does nothing, on purpose: a place in the graph where branches meet, or a stand-in."""

from typing import ClassVar

from stageline.model.result import TaskResult
from stageline.tasks.task import RunningStage, Task

_DONE = TaskResult.success()


class NoOpTask(Task):
    """Succeeds at once and puts out nothing."""

    instant: ClassVar[bool] = True

    def execute(self, stage: RunningStage) -> TaskResult:
        return _DONE
