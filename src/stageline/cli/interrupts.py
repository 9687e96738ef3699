"""Ctrl-C and SIGTERM: the first asks for an end in order, the second ends everything at once."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType

from stageline.targets.tree import end_tree

KILLED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """While in use, `asked` tells whether somebody wants an end."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> "Interrupts":
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            kill_all()
        self.asked = True


def kill_all() -> None:
    """End all that this process has started, and this process, now."""
    end_tree(_started(), set(), grace=0)
    os._exit(KILLED)


def _started() -> set[int]:
    lists = Path("/proc/self/task").glob("*/children")
    return {int(pid) for children in lists for pid in children.read_text().split()}
