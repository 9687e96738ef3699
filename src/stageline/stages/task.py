"""Kinds as tasks of the engine: the condition, the placeholders, the work, and the answer. One class for each lane."""

from collections.abc import Awaitable, Mapping
from typing import Any

import msgspec

from stageline.errors import DocumentError, StageCancelError, StageSkipError
from stageline.model.result import TaskResult
from stageline.stages.definition import StageDefinition
from stageline.stages.fields import condition_of, evaluated, in_words, placeholders
from stageline.stages.lower import DYNAMIC
from stageline.stages.tools import Tools
from stageline.stages.work import Work
from stageline.targets.masking import Mask
from stageline.tasks.shapes import converted
from stageline.tasks.task import RunningStage, Task

KNOWN = 64

SKIPPED = TaskResult.skipped()


class KindTask(Task):
    """Executes the stages of one kind, on a thread."""

    def __init__(self, kind: type[StageDefinition], tools: Tools) -> None:
        self._kind = kind
        self._tools = tools
        travels: bool = vars(kind).get("travels", False)
        self.attends = travels and tools.executor is not None and tools.executor.remote

    def execute(self, stage: RunningStage) -> TaskResult:
        work = Work(stage, self._tools)
        if not holds(work):
            return SKIPPED
        return performed(definition_of(self._kind, work), work)

    def mask(self, stage: RunningStage) -> Mask | None:
        return self._tools.mask(stage)


class InstantKindTask(KindTask):
    """Executes the stages of a kind that takes no time, beside the engine's loop."""

    instant = True


class PlanningKindTask(InstantKindTask):
    """Executes the stages of a kind that plans others. What its fields come to is kept while it is asked again.

    The same stage in the same run comes to the same: what was forgotten, or lost with the process, is computed again.
    """

    def __init__(self, kind: type[StageDefinition], tools: Tools) -> None:
        super().__init__(kind, tools)
        self._known: dict[str, StageDefinition] = {}

    def execute(self, stage: RunningStage) -> TaskResult:
        work = Work(stage, self._tools)
        key = stage.idempotency_key
        definition = self._known.pop(key, None) if work.planned else None
        if definition is None:
            if not holds(work):
                return SKIPPED
            definition = definition_of(self._kind, work)
        result = performed(definition, work)
        if result.plan is not None:
            self._keep(key, definition)
        return result

    def _keep(self, key: str, definition: StageDefinition) -> None:
        while len(self._known) >= KNOWN:
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = definition


class AsyncKindTask(KindTask):
    """Executes the stages of a kind that awaits, on the event loop."""

    async def execute(self, stage: RunningStage) -> TaskResult:  # type: ignore[override]
        work = Work(stage, self._tools)
        if not holds(work):
            return SKIPPED
        try:
            result = definition_of(self._kind, work).perform(work)
            return await result if isinstance(result, Awaitable) else result
        except (StageSkipError, StageCancelError) as said:
            return answer_to(said)


def performed(definition: StageDefinition, work: Work) -> TaskResult:
    """The answer of a stage that does not await."""
    try:
        result = definition.perform(work)
    except (StageSkipError, StageCancelError) as said:
        return answer_to(said)
    assert isinstance(result, TaskResult)
    return result


def answer_to(said: StageSkipError | StageCancelError) -> TaskResult:
    """What a stage means that raises one of these."""
    return SKIPPED if isinstance(said, StageSkipError) else TaskResult.canceled(str(said) or "canceled by the stage")


def holds(work: Work) -> bool:
    """Whether the stage's condition lets it run."""
    condition = work.settings.get("if")
    return condition is None or condition_of(condition).evaluate(work.names)


def definition_of(kind: type[StageDefinition], work: Work) -> StageDefinition:
    """The stage as it was written, its placeholders filled in."""
    settings = work.settings
    dynamic: list[str] = settings.get(DYNAMIC, ())
    values: Mapping[str, Any] = evaluated(kind, settings, dynamic, work.names) if dynamic else settings
    try:
        return converted(
            {**values, "name": work.stage.name, **placeholders(kind, kind.nested)}, kind, strict=not dynamic
        )
    except msgspec.ValidationError as error:
        raise DocumentError(f"stage '{work.stage.name}': {in_words(error)}") from error
