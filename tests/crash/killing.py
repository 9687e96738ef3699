"""Counts what a process does to the world, and kills it with SIGKILL at one chosen moment."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

COMMIT = "commit"
WRITE = "write"
EFFECT = "effect"
KINDS = (COMMIT, WRITE, EFFECT)


class Point(NamedTuple):
    """A moment: before or after the thing number `number` of its kind, counted from 1 in one process."""

    kind: str
    number: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.kind} {self.number}"


class Killer:
    """Passes all moments of this process but one. `counts` tells how many things of each kind there were."""

    def __init__(self, point: Point | None) -> None:
        self._point = point
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    @contextmanager
    def around(self, kind: str) -> Iterator[None]:
        """What happens inside is one thing of this kind."""
        with self._lock:
            self.counts[kind] += 1
            number = self.counts[kind]
        self._pass(Point(kind, number, after=False))
        yield
        self._pass(Point(kind, number, after=True))

    def _pass(self, point: Point) -> None:
        if point == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


def points(counts: Mapping[str, int]) -> list[Point]:
    """Both sides of everything that was counted."""
    return [Point(kind, n, after) for kind in KINDS for n in range(1, counts[kind] + 1) for after in (False, True)]
