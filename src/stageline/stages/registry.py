"""Kinds as tasks of the engine, each under the name that its stages have there."""

from collections.abc import Iterable

from stageline.errors import DocumentError
from stageline.stages.definition import StageDefinition
from stageline.stages.elsewhere import ElsewhereTask
from stageline.stages.lower import ELSEWHERE, PLACING, TYPE
from stageline.stages.placing import PlacingTask
from stageline.stages.task import AsyncKindTask, InstantKindTask, KindTask, PlanningKindTask
from stageline.stages.tools import Tools
from stageline.tasks.registry import TaskRegistry


class StageTasks(TaskRegistry):
    """The tasks of some kinds beside the built-in ones; closing it lets go of the tools."""

    def __init__(self, kinds: Iterable[type[StageDefinition]], tools: Tools) -> None:
        super().__init__(tools.executor)
        self._tools = tools
        self._kinds: dict[str, type[StageDefinition]] = {}
        self.register(PLACING, PlacingTask(tools))
        for kind in kinds:
            self._add(kind)

    def _add(self, kind: type[StageDefinition]) -> None:
        first = self._kinds.setdefault(kind.kind(), kind)
        if first is not kind:
            names = f"{first.__module__}.{first.__name__} and {kind.__module__}.{kind.__name__}"
            raise DocumentError(f"two kinds are called '{kind.kind()}': {names}; rename one of the classes")
        self.register(TYPE + kind.kind(), task_for(kind, self._tools))
        if kind.reach == "anywhere":
            self.register(TYPE + kind.kind() + ELSEWHERE, ElsewhereTask(kind, self._tools))

    def close(self) -> None:
        super().close()
        self._tools.close()


def stage_tasks(kinds: Iterable[type[StageDefinition]], tools: Tools | None = None) -> TaskRegistry:
    """A registry in which stages of these kinds can be executed."""
    return StageTasks(kinds, tools or Tools())


def task_for(kind: type[StageDefinition], tools: Tools) -> KindTask:
    """The task that executes stages of this kind, in the lane that is right for it."""
    if kind.instant:
        return (PlanningKindTask if kind.plans else InstantKindTask)(kind, tools)
    return AsyncKindTask(kind, tools) if kind.awaits() else KindTask(kind, tools)
