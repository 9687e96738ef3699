"""The same stages over and over, until a condition holds."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.stages.base import BaseNestedStage
from stageline.stages.definition import StageDefinition
from stageline.stages.fields import condition_of
from stageline.stages.outcomes import ended, merged_outputs, stages_of
from stageline.stages.work import Work

STAGES = "stages"


class UntilStage(BaseNestedStage):
    """Runs `stages` in rounds, until the condition `until` holds after one, at most `max-loop` rounds.

    Inside, `loop` is the number of the round from 1, and `item` at first the value of the field, and then what a stage
    of the round before has put out as `item`, else that round's number. The condition sees the `item` of the next
    round and, as `result`, the outputs of this round's stages in one mapping. Outputs stand under `until.<round>`.
    """

    body: ClassVar[str] = "until"
    nested: ClassVar[tuple[str, ...]] = ("stages",)
    resumes: ClassVar[bool] = True
    late: ClassVar[tuple[str, ...]] = (*BaseNestedStage.late, "until")
    conditions: ClassVar[tuple[str, ...]] = ("condition", "until")
    scope_names: ClassVar[tuple[str, ...]] = ("item", "loop")

    until: str | bool
    stages: list[StageDefinition]
    item: Any = 0
    max_loop: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return {STAGES: self.stages}

    def plan(self, work: Work) -> Plan | None:
        rounds = work.planned
        if rounds and (rounds >= self.max_loop or not self._has_ended_well(work) or self._holds(work)):
            return None
        names = {"item": self._item_after(work, rounds), "loop": rounds + 1}
        return Plan(scopes=[work.scope(str(rounds + 1), names, of=STAGES)])

    def _has_ended_well(self, work: Work) -> bool:
        return Status(work.scopes[str(work.planned)]["status"]).met

    def _holds(self, work: Work) -> bool:
        """Whether the condition holds after the last round."""
        rounds = work.planned
        more = {"item": self._item_after(work, rounds), "loop": rounds, "result": _result(work, rounds)}
        return condition_of(self.until).evaluate(work.names.over(more))

    def _item_after(self, work: Work, rounds: int) -> Any:
        """The `item` of the round that comes after so many."""
        return _result(work, rounds).get("item", rounds) if rounds else self.item

    def collect(self, work: Work) -> TaskResult:
        rounds = {
            number: {"loop": int(number), "item": self._item_after(work, int(number) - 1), **stages_of(scope)}
            for number, scope in work.scopes.items()
        }
        outputs = {"until": rounds}
        result = ended(work.scopes, outputs, "round")
        if not result.status.met or work.stage.record.stopping or self._holds(work):
            return result
        why = f"after {work.planned} rounds, which is its max-loop, this does not hold yet: {self.until}"
        return TaskResult.failed(Failure(why, Cause.TASK), outputs)


def _result(work: Work, number: int) -> dict[str, Any]:
    return merged_outputs(work.scopes[str(number)])
