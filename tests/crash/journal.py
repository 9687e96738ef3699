"""What tasks have really done: one line for each execution, appended at once, so that it survives any death.

A `step` is what an execution is for: the same work, asked for again after a death, is the same step. Its parts are
round, task, attempt, whether a signal came, and what the stage remembers.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import msgspec

from stageline.tasks.task import RunningStage


class Line(NamedTuple):
    """One execution. `ref` is the stage's path; `at` is on the machine's monotonic clock, in seconds."""

    run: str
    ref: str
    round: int
    execution: int
    step: str
    pid: int
    at: float


def _path(stage: RunningStage) -> str:
    """The stage's ref, or, of one that was planned, its path; it stands in the key between the run and the round."""
    return "/".join(stage.idempotency_key.split("/")[1:-1])


class Journal:
    """A file of lines that any number of processes append to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, stage: RunningStage) -> None:
        """An execution begins its work."""
        record = stage.record
        memory = crc32(msgspec.json.encode(record.context))
        step = f"{record.round}.{record.task}.{record.attempt}.{record.signal is not None}.{memory:x}"
        line = Line(
            stage.execution.run, _path(stage), record.round, record.execution, step, os.getpid(), time.monotonic()
        )
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, msgspec.json.encode(line) + b"\n")
        finally:
            os.close(file)

    def lines(self) -> list[Line]:
        """All that was written so far."""
        if not self._path.exists():
            return []
        return [msgspec.json.decode(line, type=Line) for line in self._path.read_bytes().splitlines()]
