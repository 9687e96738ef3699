"""Starts the real engines through the scripts beside this file when a test first asks, and gives them up at the end."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SCRIPTS = Path(__file__).parent
SECONDS = 110


class CannotRun(Exception):
    """This machine cannot have the engine; the message says why."""


@dataclass
class Engines:
    """The engines that this process uses. Another process may use them too; the last one stops them."""

    asked: set[str] = field(default_factory=set)

    def up(self, name: str) -> dict[str, str]:
        """Have the engine running; answers the environment that its clients need."""
        self.asked.add(name)
        done = self._script(f"{name}-up.sh")
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"{name}-up.sh ended with {done.returncode}"]
            raise CannotRun(lines[-1])
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    def release(self) -> None:
        """This process needs them no more."""
        if self.asked:
            self._script("down.sh").check_returncode()

    def _script(self, name: str) -> subprocess.CompletedProcess[str]:
        command = [str(SCRIPTS / name), "-u", str(os.getpid())]
        return subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
