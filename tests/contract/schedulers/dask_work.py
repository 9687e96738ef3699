"""What the tests of Dask run, and how they look at it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stageline import StageExecution, Workflow


def scripts(*texts: str, **more: Any) -> Workflow:
    """Stages beside each other."""
    stages = [
        StageExecution(ref_id=f"s{number}", type="python", context={"script": text}, **more)
        for number, text in enumerate(texts)
    ]
    return Workflow.create("w", stages)


def until(happens: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it has not happened in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process still runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
