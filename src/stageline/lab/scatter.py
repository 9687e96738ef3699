"""The definition of a scatter-gather: one stage makes a list of items, others work on each, a last one gathers.

`worker` is the short form of a DAG with one step. A step's inputs come from the item, from the steps in its `deps`,
from the scatter's outputs of the same name, or from outside, as those of any stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, Unpack

from stageline.lab.node import Usable
from stageline.lab.place import here
from stageline.lab.stage import Dynamic, Stage

Deps: TypeAlias = Mapping[str, Sequence[Any]]
WORKER = "worker"


class ScatterAttributes(TypedDict, total=False):
    """What may stand in `scatter_gather(…)`. `params` are seen by every part that uses them.

    `deps` says for each step which steps come before it: a name (wired by equal names), or a triple
    `["step", "out", "in"]`.
    """

    scatter: Stage
    worker: Stage
    steps: Mapping[str, Stage]
    deps: Deps
    gather: Stage
    params: Mapping[str, Any]
    version: str
    resources: Dynamic[Mapping[str, Any]]


ATTRIBUTES = tuple(ScatterAttributes.__annotations__)


class ScatterGather(Usable, frozen=True, eq=False, kw_only=True):
    """A scatter-gather. Inside a pipeline, calling it makes a node with the gather's outputs."""

    attributes: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.word

    @property
    def steps(self) -> Mapping[str, Any]:
        """The steps by name, a lone worker among them."""
        given = self.attributes.get("steps")
        if given and isinstance(given, Mapping):
            return given
        return {WORKER: self.attributes["worker"]} if "worker" in self.attributes else {}


def scatter_gather(pname: str, **attributes: Unpack[ScatterAttributes]) -> ScatterGather:
    """A scatter-gather called `pname`."""
    if not isinstance(pname, str):
        raise TypeError(f"a scatter-gather begins with its name, as in scatter_gather('count', …), not with {pname!r}")
    return ScatterGather(word=pname, place=here(), attributes=attributes)
