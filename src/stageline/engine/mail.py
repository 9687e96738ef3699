"""What comes to the processor from its own threads: put in from any of them, taken out by the loop alone.

The bell is a lock that is free once it has rung. A queue's own waiting will not do: in some versions of Python, a
signal whose handler outlasts the time of `SimpleQueue.get` makes it wait for ever.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Mail(Generic[T]):
    """A box of letters. One that could not be dealt with is the first again next time."""

    def __init__(self) -> None:
        self._box: deque[T] = deque()
        self._bell = threading.Lock()
        self._bell.acquire()
        self._collected: deque[T] = deque()

    def __bool__(self) -> bool:
        return bool(self._collected)

    def put(self, letter: T) -> None:
        """Put in a letter, and ring."""
        self._box.append(letter)
        if self._bell.locked():
            with contextlib.suppress(RuntimeError):  # another thread was quicker
                self._bell.release()

    def collect(self, patience: float) -> None:
        """Take all that is there, waiting at most `patience` seconds for the first."""
        if patience > 0 and not self._box:
            self._bell.acquire(timeout=patience)
        for _ in range(len(self._box)):
            self._collected.append(self._box.popleft())

    def letters(self) -> Iterator[T]:
        """The letters collected, each gone once the next is asked for."""
        while self._collected:
            yield self._collected[0]
            self._collected.popleft()
