"""A whole workflow as one stage: it runs as a child run of its own, durable like its parent."""

from typing import Any, ClassVar

import msgspec

from stageline.model.result import TaskResult
from stageline.tasks.settings import read_settings
from stageline.tasks.task import RunningStage, Task


class SubWorkflowSettings(msgspec.Struct, frozen=True):
    """What the context of a workflow stage holds: the child, in its plain form."""

    workflow: dict[str, Any]


class SubWorkflowTask(Task):
    """Puts out what the child's stages put out; ends as the child does."""

    instant: ClassVar[bool] = True

    def execute(self, stage: RunningStage) -> TaskResult:
        settings = read_settings(stage, SubWorkflowSettings)
        return TaskResult(TaskResult.running().status, child=settings.workflow)
