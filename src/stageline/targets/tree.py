"""Finds and ends all that one execution started: its session, what bears its mark, and the children of both.

The mark is an environment variable that processes hand down, so that leaving the group or the session does not help.
A pid is signalled only while the process that was found still has it. Linux: all is read from /proc.
"""

import contextlib
import os
import signal
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from stageline.targets.notes import Notes, read_notes

MARK = "STAGELINE_EXECUTION"
GRACE = 0.4
LIMIT = 5.0
_HEAD = f"{MARK}=".encode()


class Found(msgspec.Struct, frozen=True):
    """One living process. `birth` is its start time in the kernel's ticks: with the pid it names it for good."""

    pid: int
    birth: int


def kill_leftovers(*folders: Path, notes: Collection[Notes] = ()) -> tuple[int, ...]:
    """End what a dead engine left running for the executions in `folders`; answers the pids that could not be ended.

    Without notes only the marks of the folders can lead to what was started there.
    """
    there = [folder for folder in folders if folder.exists()]
    if not there:
        return ()
    noted = read_notes(notes)
    sessions = {note.pid for note in noted if (stat := _stat(note.pid)) and note.is_of(stat.birth)}
    return end_tree(sessions, {*map(mark_of, there), *(note.mark for note in noted)}, grace=0)


def mark_of(folder: Path) -> str:
    """The mark of what works in this folder, unless it has another."""
    return str(folder.absolute())


def mark_for_children(mark: str) -> str:
    """The value of the variable: a run inside a stage of another run bears the marks of both."""
    outer = os.environ.get(MARK)
    return f"{outer}:{mark}" if outer else mark


def end_tree(
    sessions: Collection[int], marks: Collection[str], grace: float = GRACE, spared: Collection[int] = ()
) -> tuple[int, ...]:
    """TERM, and after `grace` seconds KILL, until nothing of it is left; answers the pids that outlive even that.

    Those that are `spared` hear no TERM: they are to end by themselves once the rest has, or be killed with it.
    """
    begun: float | None = None
    pause, told = 0.002, frozenset[Found]()
    while alive := find_tree(sessions, marks, told):
        now = time.monotonic()
        begun = now if begun is None else begun  # looking for them the first time may take longer than the grace
        age = now - begun
        if age > LIMIT:
            return tuple(sorted(found.pid for found in alive))
        for found in alive if age >= grace else alive - told:
            if age >= grace:
                _signal(found, signal.SIGKILL)
            elif found.pid not in spared:
                _signal(found, signal.SIGTERM)
        told |= alive
        time.sleep(pause)
        pause = min(pause * 2, 0.04)
    return ()


def find_tree(
    sessions: Collection[int], marks: Collection[str], known: frozenset[Found] = frozenset()
) -> frozenset[Found]:
    """All living processes of the sessions, those with a mark, those known, and all their descendants."""
    stats = _all_stats()
    wanted = [mark.encode() for mark in marks]
    inside = {
        pid
        for pid, stat in stats.items()
        if stat.session in sessions or Found(pid, stat.birth) in known or _has_mark(pid, wanted)
    }
    while more := {pid for pid, stat in stats.items() if stat.parent in inside and pid not in inside}:
        inside |= more
    return frozenset(Found(pid, stats[pid].birth) for pid in inside)


class _Stat(msgspec.Struct, frozen=True):
    state: bytes
    parent: int
    session: int
    birth: int


def _all_stats() -> dict[int, _Stat]:
    own = os.getpid()
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    stats = {pid: stat for pid in pids if pid != own and (stat := _stat(pid))}
    return {pid: stat for pid, stat in stats.items() if stat.state not in b"ZX"}


def _stat(pid: int) -> _Stat | None:
    text = _read(f"/proc/{pid}/stat")
    fields = text.rpartition(b")")[2].split()
    if len(fields) < 20:
        return None
    return _Stat(fields[0], int(fields[1]), int(fields[3]), int(fields[19]))


def marks_below(folder: str) -> frozenset[str]:
    """The marks of living processes that are paths below a folder."""
    found: set[str] = set()
    for pid in _all_stats():
        text = _read(f"/proc/{pid}/environ")
        if _HEAD in text:
            values = [entry[len(_HEAD) :] for entry in text.split(b"\0") if entry.startswith(_HEAD)]
            marks = (os.fsdecode(mark) for value in values for mark in value.split(b":"))
            found.update(mark for mark in marks if mark.startswith(f"{folder}/"))
    return frozenset(found)


def _has_mark(pid: int, marks: Sequence[bytes]) -> bool:
    text = _read(f"/proc/{pid}/environ")
    if _HEAD not in text:
        return False
    values = [b":" + entry[len(_HEAD) :] + b":" for entry in text.split(b"\0") if entry.startswith(_HEAD)]
    return any(b":" + mark + b":" in value for mark in marks for value in values)


def _read(path: str) -> bytes:
    """A file below /proc; empty when its process is gone or another user's."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""


def _signal(found: Found, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        handle = os.pidfd_open(found.pid)
        try:
            stat = _stat(found.pid)
            if stat and stat.birth == found.birth:
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
