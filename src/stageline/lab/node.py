"""What a pipeline function leaves behind: one node for each call of a stage, with what the call was given.

Calling computes nothing. Whether the wires fit is looked at when the experiment is resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.lab.place import here
from stageline.lab.scalar import dashed
from stageline.load.source import Place

NOTHING: Mapping[str, Any] = {}


class Usable(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """What a pipeline can call: a stage or a scatter-gather. `word` is the name under which it was written."""

    word: str
    place: Place

    @property
    def name(self) -> str:
        """The name by which runs and wires speak of it."""
        return dashed(self.word)

    def __call__(self, *given: Wired, **named: Any) -> Node:
        """A node: wired to whole producers or triples, or to inputs by name; parameters by name are fixed."""
        return self.node(here(), given, named)

    def node(self, place: Place, given: tuple[Any, ...] = (), named: Mapping[str, Any] = NOTHING) -> Node:
        """A node for a use at this place."""
        tracing = _current.get()
        if tracing is None:
            raise DocumentError(
                f"'{self.word}' is a stage: it is called inside a function under @pipeline, or given to a Run"
            )
        node = Node(self, place, len(tracing.nodes), given, named)
        tracing.nodes.append(node)
        return node


class Node(msgspec.Struct, frozen=True, eq=False):
    """One use of a stage in a pipeline."""

    stage: Usable
    place: Place
    number: int
    given: tuple[Any, ...]
    named: Mapping[str, Any]

    __iter__ = None

    def __getitem__(self, output: str) -> Output:
        if not isinstance(output, str):
            raise TypeError(f"an output is taken by its name, as in produced['data'], not by {output!r}")
        return Output(self, output)


class Output(msgspec.Struct, frozen=True, eq=False):
    """One output of a node: `produced["data"]`."""

    node: Node
    name: str


Wired = Node | Output | list[Any] | tuple[Any, ...] | str


class Tracing:
    """The nodes of the pipeline whose function is running."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []


_current: ContextVar[Tracing | None] = ContextVar("the pipeline that is being traced", default=None)


def is_tracing() -> bool:
    """Is a pipeline's function running?"""
    return _current.get() is not None


@contextmanager
def tracing() -> Iterator[Tracing]:
    """Calls of stages become nodes of this."""
    trace = Tracing()
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def trace(function: Callable[[], object]) -> tuple[Node, ...]:
    """The nodes that a pipeline function makes."""
    with tracing() as traced:
        function()
    return tuple(traced.nodes)
