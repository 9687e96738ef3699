"""A home while somebody adds to it or clears it up: one at a time, and what died halfway is cleared away first."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stageline.errors import ConfigError
from stageline.lab.layout import POOLS, Home
from stageline.lab.pool import make_folder

_IGNORED = "*\n"


@contextmanager
def held(root: Path) -> Iterator[Home]:
    """The home in this folder, made if need be, for the caller alone; whoever comes second waits."""
    home = Home(root.absolute())
    try:
        _make(home)
        file = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ConfigError(f"{home.root} cannot be written to: {error.strerror}; name another folder") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        shutil.rmtree(home.new, ignore_errors=True)
        home.new.mkdir()
        yield home
        shutil.rmtree(home.new, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"{error.filename or home.root}: {error.strerror}") from error
    finally:
        os.close(file)


def _make(home: Home) -> None:
    if not home.root.is_dir():
        home.root.mkdir(mode=0o700, parents=True)
        (home.root / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    for folder in (*POOLS, home.labs.name):
        make_folder(str(home.root / folder))
