"""A piece of work that one process of this machine does at a time. The file that says so is there only meanwhile."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from stageline.errors import Canceled
from stageline.targets.cancellation import Cancellation

_PAUSE = 0.05


@contextlib.contextmanager
def alone(path: Path, cancellation: Cancellation | None = None) -> Iterator[None]:
    """Keep others out who name the same file; whoever dies gives it up. Canceled ends the waiting."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = cancellation or Cancellation()
    while (file := _taken(path)) is None:
        if waiting.wait(_PAUSE):
            raise Canceled(waiting.reason)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _taken(path: Path) -> int | None:
    """The file, when it is ours and is still the one of this name."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file), path.stat()):
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(file)
    return None
