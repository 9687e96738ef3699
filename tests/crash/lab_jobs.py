"""Runs the jobs of the Lab in a folder, and kills itself at the n-th thing that it does to the world."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from stageline.cli.main import run

_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.posix_spawn", "os.truncate"}


def main(folder: Path, die_at: int, more: list[str]) -> int:
    """Say how many there were, when there were fewer. A record and a commit are several of them."""
    count = 0

    def seen(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(args[2], int) and bool(args[2] & (os.O_WRONLY | os.O_RDWR))
        if event in _CHANGES or writes:
            count += 1
            if count == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(seen)
    code = run([*more, "--lab", str(folder / "result"), "-j", "4"])
    (folder / "count").write_text(str(count))
    return code


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
