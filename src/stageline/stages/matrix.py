"""The same stages for every combination of some lists of values, as a test matrix wants it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, count, product
from typing import Annotated, Any, ClassVar

import msgspec

from stageline.errors import DocumentError
from stageline.expressions.text import to_text
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.stages.base import BaseNestedStage
from stageline.stages.definition import StageDefinition
from stageline.stages.environment import scope_env
from stageline.stages.outcomes import ended, stages_of
from stageline.stages.windows import next_window
from stageline.stages.work import Work

STAGES = "stages"
LONGEST = 100

_NO_WORD = re.compile(r"[^\w.+]+")

Combination = dict[str, Any]


class MatrixStage(BaseNestedStage, dict=True):
    """Runs `stages` for each of the `combinations`, and each of those of `matrix`, `max-parallel` at a time or all.

    Inside, `matrix` is the combination. Its outputs stand under `matrix.<key>`, where the key is made of its values.
    With `fail-fast`, the first that fails lets no more begin; those that run are let finish.
    """

    nested: ClassVar[tuple[str, ...]] = ("stages",)
    late: ClassVar[tuple[str, ...]] = (*BaseNestedStage.late, "env")
    resumes: ClassVar[bool] = True
    scope_names: ClassVar[tuple[str, ...]] = ("matrix",)

    stages: list[StageDefinition]
    combinations: list[dict[str, Any]] = []
    matrix: dict[str, Any] = {}
    include: list[dict[str, Any]] = []
    exclude: list[dict[str, Any]] = []
    env: dict[str, Any] = {}
    max_parallel: Annotated[int, msgspec.Meta(ge=1)] | None = None
    fail_fast: bool = True

    @cached_property
    def all(self) -> Sequence[Combination]:
        """The combinations: those that are given, and those of the lists in `matrix`."""
        for name, values in self.matrix.items():
            if not isinstance(values, list):
                raise DocumentError(f"stage '{self.name}': matrix: '{name}' is a list of values, not {values!r}")
        return [*self.combinations, *combinations(self.matrix, self.include, self.exclude)]

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return {STAGES: self.stages}

    def plan(self, work: Work) -> Plan | None:
        keys = keys_of(self.all)

        def scope(number: int) -> Scope:
            names = {"matrix": self.all[number], **scope_env(work, self.env)}
            return work.scope(keys[number], names, of=STAGES)

        return next_window(work, len(keys), scope, self.max_parallel or 0, halt=self.fail_fast)

    def collect(self, work: Work) -> TaskResult:
        combinations = dict(zip(keys_of(self.all), self.all, strict=True))
        outputs = {key: {"matrix": combinations[key], **stages_of(scope)} for key, scope in work.scopes.items()}
        return ended(work.scopes, {"matrix": outputs}, "combination")


def keys_of(combinations: Sequence[Combination]) -> list[str]:
    """A name for each combination: its values as one word, made unique by a number if it must be."""
    keys: dict[str, None] = {}
    for number, combination in enumerate(combinations):
        texts = (_NO_WORD.sub("-", to_text(value)).strip("-_.") for value in combination.values())
        word = "-".join(filter(None, texts))[:LONGEST] or "combination"
        keys[next(key for key in chain([word], _numbered(word, number)) if key not in keys)] = None
    return list(keys)


def _numbered(word: str, number: int) -> Iterator[str]:
    return (f"{word}-{more}" for more in count(number))


def combinations(
    matrix: Mapping[str, Sequence[Any]],
    include: Sequence[Combination] = (),
    exclude: Sequence[Combination] = (),
) -> list[Combination]:
    """All combinations of the values, without those that an `exclude` matches, and with what `include` adds.

    An `include` is laid over each combination that agrees with it in the matrix's own names; one that fits none is a
    combination of its own.
    """
    found = [dict(zip(matrix, values, strict=True)) for values in product(*matrix.values())] if matrix else []
    original = [one for one in found if not any(_agrees(one, dict(out)) for out in exclude)]
    extended = [dict(one) for one in original]
    alone: list[Combination] = []
    for extra in include:
        own = {name: value for name, value in extra.items() if name in matrix}
        fits = [number for number, one in enumerate(original) if _agrees(one, own)]
        for number in fits:
            extended[number].update(extra)
        if not fits:
            alone.append(dict(extra))
    return extended + alone


def _agrees(combination: Combination, part: Combination) -> bool:
    return all(name in combination and combination[name] == value for name, value in part.items())
