"""Notes of the processes that an engine has started, for whoever takes over when it dies: a line each, only ever added.

Nobody takes a note back: it says when its process began, so that a later one with the same pid is not taken for it.
"""

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")
_SECOND = 10**9
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Note(msgspec.Struct, frozen=True, array_like=True):
    """A process that began within these ticks of the kernel, the work it is for, and the mark of what it starts."""

    pid: int
    earliest: int
    latest: int
    work: str
    mark: str

    def is_of(self, birth: int) -> bool:
        """Whether a process with this pid that was born then is the one that is meant."""
        return self.earliest <= birth <= self.latest


class Notes(msgspec.Struct, frozen=True):
    """Where the notes of a piece of work are, beside those of others, and what it is called there."""

    file: str
    work: str

    def add(self, pid: int, earliest: int, mark: str) -> None:
        """Leave word of a process that began since then. A line is whole or none, whatever was torn before it."""
        line = b"\n" + msgspec.json.encode(Note(pid, earliest, ticks_now(), self.work, mark))
        file = os.open(self.file, _APPEND, 0o600)
        try:
            if os.write(file, line) < len(line):
                raise OSError(None, "there is no room for it")
        finally:
            os.close(file)


def notes_name() -> str:
    """What a file of notes is called here: each machine has its own, as only one may add to a file."""
    return f".processes-{os.uname().nodename.replace('/', '_')}"


def ticks_now() -> int:
    """The time by the clock that the kernel dates processes with."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) * _TICKS // _SECOND


def read_notes(places: Iterable[Notes]) -> list[Note]:
    """All that is noted there."""
    wanted: dict[str, set[str]] = {}
    for place in places:
        wanted.setdefault(place.file, set()).add(place.work)
    return [note for file, works in wanted.items() for note in _lines(file) if note.work in works]


def _lines(file: str) -> list[Note]:
    found = []
    with contextlib.suppress(FileNotFoundError):
        for line in Path(file).read_bytes().split(b"\n"):
            with contextlib.suppress(msgspec.DecodeError):
                found.append(msgspec.json.decode(line, type=Note))
    return found
