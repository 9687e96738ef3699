"""What the tests of targets do again and again: run a script to its end, look for processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from stageline.targets.target import Order, State, Target


def script(text: str, token: str = "t1", **more: str) -> Order:
    """An order for bash."""
    return Order(token=token, argv=("bash", "-c", text), env=more)


def end_of(target: Target, token: str = "t1", seconds: float = 20.0) -> State:
    """Wait for its end."""
    until(lambda: target.look([token], patience=2.0)[token].is_over, seconds)
    return target.look([token])[token]


def until(happens: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < ends, "it has not happened in time"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Whether a process is there, and more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pids_in(path: Path, count: int) -> list[int]:
    """So many pids that a script has written, one a line."""
    until(lambda: path.exists() and len(path.read_text().split()) >= count)
    return [int(pid) for pid in path.read_text().split()]


def content(folder: Path) -> dict[bytes, object]:
    """All that is below a folder."""
    found: dict[bytes, object] = {}
    for path in sorted(folder.rglob("*")):
        name = os.fsencode(path.relative_to(folder))
        if path.is_symlink():
            found[name] = path.readlink()
        else:
            found[name] = (path.stat().st_mode, None if path.is_dir() else path.read_bytes())
    return found
