"""Slurm's programs with something before or after them: a count, a kill, another answer."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

COUNTED = ("sbatch", "squeue", "sacct", "scontrol", "scancel")
KILL_AGENT = 'read -r _ _ _ agent _ <"/proc/$PPID/stat"; kill -9 "$agent" "$PPID"'


class Programs:
    """A folder at the head of PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self._folder = folder
        self._log = folder / "log"
        for name in COUNTED:
            self.write(name)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(self, name: str, before: str = "", after: str = "") -> None:
        """Do this before the real program, and this after it."""
        found = [shutil.which(name, path=path) for path in os.environ["PATH"].split(":") if path != str(self._folder)]
        real = next(path for path in found if path)
        path = self._folder / name
        lines = ["#!/bin/bash", f"echo {name} >>'{self._log}'", before, f"'{real}' \"$@\"", "code=$?", after]
        path.write_text("\n".join([*lines, "exit $code"]))
        path.chmod(0o755)

    def calls(self, name: str) -> int:
        """How often it was called."""
        return self._log.read_text().splitlines().count(name) if self._log.exists() else 0
