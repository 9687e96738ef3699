"""When work is out of time, the soonest first. What has ended before is not taken out: who asks must look. Pure."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Things with a number and the time by which they must have ended."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int, T]] = []
        self._order = count()

    @property
    def next_at(self) -> float | None:
        """The soonest time."""
        return self._heap[0][0] if self._heap else None

    def set(self, at: float, number: int, thing: T) -> None:
        """It must have ended by then."""
        heappush(self._heap, (at, next(self._order), number, thing))

    def due(self, now: float) -> list[tuple[int, T]]:
        """Those whose time is over, each once."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            _, _, number, thing = heappop(self._heap)
            found.append((number, thing))
        return found
