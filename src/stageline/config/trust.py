"""Looking upward for a file or a folder. In a folder where anybody may write, as /tmp, only one's own things count."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path


def find_upward(start: Path, name: str) -> Path | None:
    """The nearest `name` in `start` or above it."""
    for folder in _upward(start):
        path = folder / name
        if path.exists() and _is_trusted(path):
            return path
    return None


def _upward(start: Path) -> Iterator[Path]:
    yield start
    yield from start.parents


def _is_trusted(path: Path) -> bool:
    seen, around = path.stat(), path.parent.stat()
    return seen.st_uid == os.geteuid() or not around.st_mode & stat.S_IWOTH
