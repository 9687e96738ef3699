"""Times at which something is to be done, soonest first."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class Timers(Generic[T]):
    """A heap of things by time; things of one time come in the order in which they were set."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, T]] = []
        self._number = count()

    def set(self, at: int, thing: T) -> None:
        heapq.heappush(self._heap, (at, next(self._number), thing))

    def due(self, now: int) -> Iterator[T]:
        """Take what is due."""
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[2]

    @property
    def next_at(self) -> int | None:
        """The soonest time, if there is any."""
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        return len(self._heap)

    def prune(self, keep: Callable[[T], bool]) -> None:
        """Forget what need not be done any more."""
        self._heap = [entry for entry in self._heap if keep(entry[2])]
        heapq.heapify(self._heap)
