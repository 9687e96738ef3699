"""The same stages for every item of a list or a mapping. The first item that fails lets no more begin."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.expressions.text import to_text
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.stages.base import BaseNestedStage
from stageline.stages.definition import StageDefinition
from stageline.stages.fields import is_dynamic
from stageline.stages.outcomes import ended, stages_of
from stageline.stages.windows import next_window
from stageline.stages.work import Work

STAGES = "stages"
SHOWN = 40
ALL = 2000


class ForEachStage(BaseNestedStage, dict=True):
    """Runs `stages` for each item of `foreach`, `concurrent` items at a time; for those that run elsewhere, `all`.

    Inside, `item` is the item, `loop` its number from 0, and `key` the name under which its outputs stand:
    `foreach.<key>.stages.<id>.outputs`. That is the key of a mapping, or the item of a list as text, or, if two items
    read the same, or one is a list or a mapping, or `use-index-as-key` says so, the number.
    """

    body: ClassVar[str] = "foreach"
    nested: ClassVar[tuple[str, ...]] = ("stages",)
    resumes: ClassVar[bool] = True
    scope_names: ClassVar[tuple[str, ...]] = ("item", "loop", "key")

    foreach: list[Any] | dict[str, Any] | str
    stages: list[StageDefinition]
    concurrent: Annotated[int, msgspec.Meta(ge=1, le=10)] | Literal["all"] = 1
    use_index_as_key: bool = False

    @classmethod
    def kind(cls) -> str:
        return "foreach" if cls is ForEachStage else super().kind()

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return {STAGES: self.stages}

    def check(self) -> None:
        super().check()
        if isinstance(self.foreach, str) and not is_dynamic(self.foreach):
            raise DocumentError(f"ForEachStage {self.name!r}: {self._no_list}")

    @property
    def _no_list(self) -> str:
        text = str(self.foreach)
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        return f"foreach is a list, a mapping, or an expression that gives one, and not the text {shown!r}"

    @cached_property
    def items(self) -> Sequence[Any]:
        """What is gone through."""
        if isinstance(self.foreach, str):
            raise DocumentError(f"stage '{self.name}': {self._no_list}")
        return list(self.foreach.values()) if isinstance(self.foreach, dict) else self.foreach

    @cached_property
    def keys(self) -> Sequence[str]:
        """The name of each item, by its number."""
        if not self.use_index_as_key:
            keys = list(self.foreach) if isinstance(self.foreach, dict) else _texts(self.items)
            if len(keys) == len(self.items):
                return keys
        return [str(number) for number in range(len(self.items))]

    def plan(self, work: Work) -> Plan | None:
        def scope(number: int) -> Scope:
            names = {"item": self.items[number], "loop": number, "key": self.keys[number]}
            return work.scope(str(number), names, of=STAGES)

        limit = ALL if self.concurrent == "all" else self.concurrent
        return next_window(work, len(self.items), scope, limit, halt=True)

    def collect(self, work: Work) -> TaskResult:
        scopes, outputs = {}, {}
        for number, scope in work.scopes.items():
            key, item = self.keys[int(number)], self.items[int(number)]
            scopes[key], outputs[key] = scope, {"item": item, **stages_of(scope)}
        return ended(scopes, {"foreach": outputs}, "item")


def _texts(items: Sequence[Any]) -> list[str]:
    """The items as texts; none of them, if one is no text and no number, or two are the same."""
    if any(isinstance(item, list | tuple | Mapping) for item in items):
        return []
    texts = [to_text(item) for item in items]
    return texts if len(set(texts)) == len(texts) else []
