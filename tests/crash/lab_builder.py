"""Builds the experiment in a folder, and kills itself at the n-th change that it makes to the disk."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from stageline.lab.build import build
from stageline.lab.unpack import open_lab
from tests.contract.lab.building import options

_CHANGES = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.utime"}


def main(folder: Path, what: str, die_at: int) -> None:
    """Say how many changes there were, when there were fewer."""
    count = 0

    def seen(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(args[2], int) and bool(args[2] & (os.O_WRONLY | os.O_RDWR))
        if event in _CHANGES or writes:
            count += 1
            if count == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(seen)
    if what == "tar":
        open_lab(folder / "lab.tar", folder / ".stageline")
    else:
        build(folder / "lab.py", folder / "result", options(folder))
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
