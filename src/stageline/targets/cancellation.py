"""The word that a piece of work is no longer wanted: asked for, waited for, or called back at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Limit(NamedTuple):
    """How long work may take once it has begun, and what is said when that was too short."""

    seconds: float
    reason: str


class Cancellation:
    """Said once by whoever stops the work, heard by whoever does it. The callbacks run in the thread that says it.

    `left`: only this process lets go of the work, which another may take up; what goes on elsewhere may go on. With a
    `limit` nobody else looks at the clock: whoever does the work says so when its time is over.
    """

    __slots__ = ("_callbacks", "_lock", "left", "limit", "reason", "requested", "timed_out")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.requested = False
        self.reason = ""
        self.timed_out = False
        self.left = False
        self.limit: Limit | None = None

    def cancel(self, reason: str, *, timed_out: bool = False, left: bool = False) -> None:
        """Say so; the first reason stays."""
        with self._lock:
            if self.requested:
                return
            self.reason, self.timed_out, self.left = reason, timed_out, left
            self.requested = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def wait(self, seconds: float | None) -> bool:
        """Block until requested or for so many seconds; answers whether it was requested."""
        said = threading.Event()
        self.on_cancel(said.set)
        said.wait(seconds)
        self.forget(said.set)
        return self.requested

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call back when requested, at once if it was already."""
        with self._lock:
            if not self.requested:
                self._callbacks.append(callback)
                return
        callback()

    def forget(self, callback: Callable[[], None]) -> None:
        """Take `on_cancel` back: what was to be stopped is over."""
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)


@contextmanager
def limited(cancellation: Cancellation, limit: Limit | None) -> Iterator[None]:
    """Have it requested when the time of the work inside is over."""
    if limit is None:
        yield
        return
    seconds = min(limit.seconds, threading.TIMEOUT_MAX)
    timer = threading.Timer(seconds, cancellation.cancel, (limit.reason,), {"timed_out": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
