"""One run at a time works on the jobs of a home: who comes second is told who holds it.

What a dead run has left behind, its processes and containers, is ended before anything begins. That it died is seen by
its name, which is still in the lock.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from stageline.errors import ConfigError, DomainError, StagelineError
from stageline.lab.at_work import begin_list
from stageline.runtimes.sandbox import Runtime
from stageline.targets.containers import remove_left
from stageline.targets.tree import end_tree, marks_below

LOCK = "run.lock"
LEFT = "left"

log = logging.getLogger(__name__)


class Busy(DomainError):
    """Somebody else runs jobs here."""


class Holder(msgspec.Struct, frozen=True):
    """Who works on the jobs."""

    pid: int
    host: str
    run: str
    since: str
    runtime: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, with run {self.run}, since {self.since}"


@contextmanager
def run_lock(home: str, run: str, runtime: Runtime = Runtime.NATIVE) -> Iterator[None]:
    """The jobs of this home are ours, to be run in this runtime; Busy names who has them otherwise."""
    path = f"{home}/{LOCK}"
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; copy the Lab to a folder of yours") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(file) or "another process"
            raise Busy(f"the jobs in {home} are being run by {holder}; wait for its end, or stop it") from None
        end_leftovers(home)
        _end_containers(home, _holder(file))
        since = datetime.now(UTC).isoformat(timespec="seconds")
        _hold(file, path, Holder(os.getpid(), os.uname().nodename, run, since, str(runtime)))
        yield
        os.ftruncate(file, 0)
    finally:
        os.close(file)


def _hold(file: int, path: str, holder: Holder) -> None:
    """Say who has the jobs, and that none of them has begun."""
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, msgspec.json.encode(holder), 0)
        begin_list(os.path.dirname(path))  # noqa: PTH120
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; free some space and go on") from error


def end_leftovers(home: str) -> None:
    """End all that a dead run has left running."""
    marks = marks_below(home)
    if marks and (left := end_tree((), marks, grace=0)):
        raise ConfigError(f"jobs of an earlier run cannot be ended: processes {left}")


def _end_containers(home: str, dead: Holder | None) -> None:
    """Remove what a dead run has left in an engine for containers; one that does not answer is told of."""
    if dead is None or dead.runtime not in (Runtime.DOCKER, Runtime.PODMAN):
        return
    try:
        remove_left(dead.runtime, home, Path(home, LEFT))
    except StagelineError as error:
        log.warning("whether %s has left containers of %s is not known: %s", dead, dead.runtime, error)


def _holder(file: int) -> Holder | None:
    try:
        return msgspec.json.decode(os.pread(file, 4096, 0), type=Holder)
    except msgspec.MsgspecError:
        return None
