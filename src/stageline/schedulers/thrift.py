"""How often something may be done that costs others: some times in a row, then as often as it is earned. Pure."""

from __future__ import annotations

from collections.abc import Callable

IN_A_ROW = 8
EARNED = 30.0


class Thrift:
    """What there is to spend. It may be overspent, and is then earned again before the next time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full = clock()

    @property
    def next(self) -> float:
        """When it may be done again; a moment that has passed, if at once."""
        return self._full - (IN_A_ROW - 1) * EARNED

    def spend(self) -> None:
        """It has been done."""
        self._full = max(self._full, self._clock()) + EARNED
