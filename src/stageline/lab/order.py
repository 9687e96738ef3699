"""Topological order, the same every time: what comes first was named first."""

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from typing import TypeVar

T = TypeVar("T")


def in_order(needs: Mapping[T, Iterable[T]]) -> list[T]:
    """The keys, each after all that it needs; there is no cycle."""
    return list(TopologicalSorter(needs).static_order())
