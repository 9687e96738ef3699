"""What comes to the processor from its own threads: put in from any of them, taken out by the loop alone."""

import contextlib
from collections import deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Mail(Generic[T]):
    """A box of letters. One that could not be dealt with is the first again next time."""

    def __init__(self) -> None:
        self._box: SimpleQueue[T] = SimpleQueue()
        self._collected: deque[T] = deque()
        self.put = self._box.put

    def __bool__(self) -> bool:
        return bool(self._collected)

    def collect(self, patience: float) -> None:
        """Take all that is there, waiting at most `patience` seconds for the first."""
        if patience > 0:
            with contextlib.suppress(Empty):
                self._collected.append(self._box.get(timeout=patience))
        for _ in range(self._box.qsize()):
            self._collected.append(self._box.get_nowait())

    def letters(self) -> Iterator[T]:
        """The letters collected, each gone once the next is asked for."""
        while self._collected:
            yield self._collected[0]
            self._collected.popleft()
