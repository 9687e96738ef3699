"""Which scripts of a home have begun: a line for each, for whoever looks on.

What the engine has taken up may still wait for room; only who is in this list has begun. The list is begun anew
whenever a run takes the jobs of the home.
"""

from __future__ import annotations

import os
import time

LIST = "at-work"


def begin_list(home: str) -> None:
    """Nothing has begun yet. The first line differs each time, so that a reader notices."""
    with open(f"{home}/{LIST}", "wb") as file:  # noqa: PTH123
        file.write(f"={time.time_ns()}\n".encode())


class AtWork:
    """Adds to the list of a home. A line is written whole, whichever thread writes."""

    def __init__(self, home: str) -> None:
        self._path = f"{home}/{LIST}"
        self._file = -1

    def begins(self, unit: str, at: int) -> None:
        """A script has begun; `at` is microseconds since 1970."""
        self._write(f"+{unit} {at}\n")

    def stops(self, unit: str) -> None:
        """It was stopped: when it is wanted again, it has not begun."""
        self._write(f"-{unit}\n")

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)

    def _write(self, line: str) -> None:
        if self._file < 0:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        os.write(self._file, line.encode())


class Onlooker:
    """Reads the list of a home, as it grows."""

    def __init__(self, home: str) -> None:
        self._path = f"{home}/{LIST}"
        self._head = b""
        self._seen = 0
        self._since: dict[str, int] = {}

    def look(self) -> None:
        """Take in what is new."""
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123
                head = file.readline()
                if head != self._head:
                    self._head, self._seen = head, len(head)
                    self._since.clear()
                file.seek(self._seen)
                whole, _, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return
        if whole:
            self._seen += len(whole) + 1
            for line in whole.decode().split("\n"):
                self._take(line)

    def since(self, unit: str, taken_up: int) -> int | None:
        """When a script began that was `taken_up` then; None when it has not begun."""
        at = self._since.get(unit)
        return at if at is not None and at >= taken_up else None

    def _take(self, line: str) -> None:
        unit, _, at = line[1:].partition(" ")
        if line.startswith("+"):
            self._since[unit] = int(at)
        else:
            self._since.pop(unit, None)
