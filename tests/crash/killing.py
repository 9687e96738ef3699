"""Counts what a process does to the world, and kills or stops it at one chosen moment."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

COMMIT = "commit"
WRITE = "write"
EFFECT = "effect"
EVENT = "event"


class Point(NamedTuple):
    """A moment: before or after the thing number `number` of its kind, counted from 1 in one process.

    The kind is one of the words above; an event's is followed by what happens, and to which stage.
    """

    kind: str
    number: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.kind} {self.number}"


class Killer:
    """Passes all moments of this process but one, at which it sends itself a signal; `counts` tells of how many things."""

    def __init__(self, point: Point | None, sends: signal.Signals = signal.SIGKILL) -> None:
        self._point = point
        self._sends = sends
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    @contextmanager
    def around(self, *kinds: str) -> Iterator[None]:
        """What happens inside is one thing of each of these kinds."""
        with self._lock:
            self.counts.update(kinds)
            here = [(kind, self.counts[kind]) for kind in kinds]
        self._pass(here, after=False)
        yield
        self._pass(here, after=True)

    def _pass(self, here: Sequence[tuple[str, int]], *, after: bool) -> None:
        if any(Point(*what, after) == self._point for what in here):
            os.kill(os.getpid(), self._sends)


def points(counts: Mapping[str, int], word: str = "") -> list[Point]:
    """Both sides of everything that was counted, or of all whose kind begins with this word."""
    kinds = [kind for kind in counts if kind.split()[0] == word or not word]
    return [Point(kind, n, after) for kind in kinds for n in range(1, counts[kind] + 1) for after in (False, True)]
