"""A pipeline: a function that calls stages and hands the one what the other makes. It runs once, when resolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.lab.node import Node, Usable, is_tracing, trace
from stageline.lab.place import of_function
from stageline.load.source import Place


class Pipeline(msgspec.Struct, frozen=True, eq=False):
    """A graph of stages. Called inside another pipeline, its nodes become that one's."""

    function: Callable[..., Any]
    name: str
    place: Place

    def __call__(self, *given: Any, **named: Any) -> Any:
        if not is_tracing():
            raise DocumentError(f"'{self.name}' is a pipeline: give it to a Run, or call it in another pipeline")
        return self.function(*given, **named)

    def trace(self) -> tuple[Node, ...]:
        """The nodes its function makes."""
        return trace(self.function)


def pipeline(function: Callable[..., Any]) -> Pipeline:
    """Make a pipeline of the function below."""
    return Pipeline(function, getattr(function, "__name__", "pipeline"), of_function(function))


def alone(stage: Usable) -> Pipeline:
    """The pipeline that is one stage."""
    return Pipeline(lambda: stage.node(stage.place), stage.word, stage.place)
