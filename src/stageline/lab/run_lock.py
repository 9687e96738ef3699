"""One run at a time works on the jobs of a home: who comes second is told who holds it.

What a dead run has left behind, its jobs that still run, is ended before anything begins.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from stageline.errors import ConfigError, DomainError
from stageline.lab.at_work import begin_list
from stageline.targets.tree import end_tree, marks_below

LOCK = "run.lock"


class Busy(DomainError):
    """Somebody else runs jobs here."""


class Holder(msgspec.Struct, frozen=True):
    """Who works on the jobs."""

    pid: int
    host: str
    run: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, with run {self.run}, since {self.since}"


@contextmanager
def run_lock(home: str, run: str) -> Iterator[None]:
    """The jobs of this home are ours; Busy names who has them otherwise."""
    path = f"{home}/{LOCK}"
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; copy the Lab to a folder of yours") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"the jobs in {home} are being run by {_holder(file)}; wait for its end, or stop it") from None
        holder = Holder(os.getpid(), os.uname().nodename, run, datetime.now(UTC).isoformat(timespec="seconds"))
        os.ftruncate(file, 0)
        os.pwrite(file, msgspec.json.encode(holder), 0)
        end_leftovers(home)
        begin_list(home)
        yield
        os.ftruncate(file, 0)
    finally:
        os.close(file)


def end_leftovers(home: str) -> None:
    """End all that a dead run has left running."""
    marks = marks_below(home)
    if marks and (left := end_tree((), marks, grace=0)):
        raise ConfigError(f"jobs of an earlier run cannot be ended: processes {left}")


def _holder(file: int) -> str:
    try:
        return str(msgspec.json.decode(os.pread(file, 4096, 0), type=Holder))
    except msgspec.MsgspecError:
        return "another process"
