"""One of several lists of stages, chosen by a value."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from stageline.errors import DocumentError
from stageline.expressions.text import to_text
from stageline.model.failure import Cause, Failure
from stageline.model.graph import name_problem
from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.stages.base import BaseNestedStage
from stageline.stages.definition import StageDefinition
from stageline.stages.fields import evaluate, is_dynamic
from stageline.stages.lower import slug
from stageline.stages.outcomes import ended
from stageline.stages.work import Work

CASES = "cases"
DEFAULT = "_"
SHOWN = 20


class Match(msgspec.Struct, frozen=True):
    """The stages for one value; `_` stands for any that no other matches."""

    case: Any
    stages: list[StageDefinition]


class CaseStage(BaseNestedStage):
    """Runs the stages whose `case` reads as the value of this stage's `case` does: `"2"` matches 2.

    Their outputs stand under `stages.<id>.outputs`, beside the value as `case`, which is also a name inside. When
    nothing matches, the stage fails, or, with `skip-not-match`, is skipped.
    """

    body: ClassVar[str] = "case"
    nested: ClassVar[tuple[str, ...]] = ("match",)
    resumes: ClassVar[bool] = True
    scope_names: ClassVar[tuple[str, ...]] = ("case",)

    case: Any
    match: list[Match]
    skip_not_match: bool = False

    def __post_init__(self) -> None:
        matches: object = self.match
        if isinstance(matches, list | tuple) and any(isinstance(one, Mapping) for one in matches):
            made = [Match(**one) if isinstance(one, Mapping) and one.keys() == _KEYS else one for one in matches]
            stage: Any = self
            msgspec.structs.force_setattr(stage, "match", made)

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return {str(number): one.stages for number, one in enumerate(self.match)}

    def kept(self) -> Mapping[str, Any]:
        return {CASES: [one.case for one in self.match]}

    def check(self) -> None:
        at = f"CaseStage {self.name!r}"
        matches: object = self.match
        if not isinstance(matches, list | tuple) or not matches or not all(isinstance(m, Match) for m in matches):
            raise DocumentError(f"{at}: match is a list of mappings with the keys case and stages, not empty")
        if any(isinstance(value, list | dict) for value in (self.case, *(one.case for one in self.match))):
            raise DocumentError(f"{at}: a case is a text, a number, true or false, and no list and no mapping")
        cases = [to_text(one.case) for one in self.match]
        twice = next((case for case in cases if cases.count(case) > 1), None)
        if twice is not None and not is_dynamic(twice):
            raise DocumentError(f"{at}: match has the case {twice!r} twice")
        super().check()

    def plan(self, work: Work) -> Plan | None:
        chosen = None if work.planned else self._chosen(work)
        if chosen is None:
            return None
        text = to_text(self.case)
        key = slug(text) if name_problem(text) else text
        return Plan(scopes=[work.scope(key, {"case": self.case}, of=str(chosen))])

    def _chosen(self, work: Work) -> int | None:
        cases, value = self._cases(work), to_text(self.case)
        default = cases.index(DEFAULT) if DEFAULT in cases else None
        return cases.index(value) if value in cases else default

    def _cases(self, work: Work) -> list[str]:
        return [to_text(evaluate(case, work.names)) for case in work.settings[CASES]]

    def collect(self, work: Work) -> TaskResult:
        if not work.planned:
            return self._unmatched(work)
        stages = {ref: stage for scope in work.scopes.values() for ref, stage in scope["outputs"].items()}
        return ended(work.scopes, {"case": self.case, "stages": stages})

    def _unmatched(self, work: Work) -> TaskResult:
        if self.skip_not_match:
            return TaskResult.skipped({"case": self.case})
        cases = self._cases(work)
        known = ", ".join(map(repr, cases[:SHOWN])) + (" …" if len(cases) > SHOWN else "")
        hint = "add a case '_' for all others, or skip-not-match: true"
        return TaskResult.terminal(
            Failure(f"no case matches {to_text(self.case)!r}; there are {known}; {hint}", Cause.DOCUMENT)
        )


_KEYS = {"case", "stages"}
