"""Where a stage runs whose `runs-on` holds placeholders: settled before its work begins, and kept with the stage.

So an engine that is started again, and every other attempt, goes to the same place.
"""

from __future__ import annotations

import msgspec

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.model.stage import CHOSEN
from stageline.stages.lower import ELSEWHERE, RUNS_ON
from stageline.stages.runs_on import RunsOn, settled
from stageline.stages.task import SKIPPED, holds
from stageline.stages.tools import Tools
from stageline.stages.work import Work
from stageline.targets.masking import Mask
from stageline.tasks.task import RunningStage, Task


class PlacingTask(Task):
    """Settles the place of a stage of any kind, and so of which type its next task is."""

    instant = True

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def execute(self, stage: RunningStage) -> TaskResult:
        work = Work(stage, self._tools)
        if not holds(work):
            return SKIPPED
        place = self._place(work)
        kind = stage.type.removesuffix(ELSEWHERE)
        type_ = kind if place.is_here else stage.type
        return TaskResult.success(context={CHOSEN: type_, RUNS_ON: msgspec.to_builtins(place)})

    def mask(self, stage: RunningStage) -> Mask | None:
        return self._tools.mask(stage)

    def _place(self, work: Work) -> RunsOn:
        at = f"stage '{work.stage.name}': "
        try:
            place = settled(work.settings[RUNS_ON], work.names)
        except DocumentError as error:
            raise DocumentError(f"{at}{error}") from error
        if work.holds_secret(msgspec.json.encode(place).decode()):
            raise DocumentError(f"{at}runs-on: a secret cannot stand here: where a stage runs is kept with the run")
        return place
