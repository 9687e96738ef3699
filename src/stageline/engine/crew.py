"""Threads that take jobs from one queue: as many as there are jobs, up to a number."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Crew(Generic[T]):
    """Does jobs by `work`, which answers whether its thread is still wanted."""

    def __init__(self, size: int, work: Callable[[T], bool]) -> None:
        self._size = size
        self._work = work
        self._queue: SimpleQueue[T | None] = SimpleQueue()
        self._threads = 0

    def take(self, job: T, at_hand: int) -> None:
        """Do a job; with it so many are at hand."""
        if self._threads < min(at_hand, self._size):
            self.grow()
        self._queue.put(job)

    def grow(self) -> None:
        """One more thread, also in the place of one that does not come back."""
        self._threads += 1
        threading.Thread(target=self._run, name=f"stageline-{self._threads}", daemon=True).start()

    def close(self) -> None:
        """Let the threads end."""
        for _ in range(self._threads):
            self._queue.put(None)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            if not self._work(job):
                break
        self._threads -= 1
