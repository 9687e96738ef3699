"""The installed command, called as a user calls it: a process of its own, its output and its exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("stageline"))
TIMEOUT = 100.0


class Said:
    """What a call said, and how it ended."""

    def __init__(self, ended: "subprocess.CompletedProcess[str]") -> None:
        self.code = ended.returncode
        self.out = ended.stdout
        self.err = ended.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __repr__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Project:
    """A folder with workflow files, in which the command is called."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._begun: list[subprocess.Popen[str]] = []
        self.env = {**os.environ, "PATH": f"{Path(COMMAND).parent}:{os.environ['PATH']}", **(env or {})}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def call(self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Said:
        """Call the command and wait for its end."""
        return Said(
            subprocess.run(
                [COMMAND, *arguments],
                check=False,
                cwd=cwd or self.folder,
                env={**self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
            )
        )

    def begin(self, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Call the command and go on."""
        process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._begun.append(process)
        return process

    def close(self) -> None:
        """End what is still going on, as after a test that failed."""
        for process in self._begun:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def run(self, *arguments: str) -> Any:
        """Run a workflow; the run as JSON."""
        return self.call("run", *arguments, "--json").json

    def runs(self) -> list[Any]:
        """All runs, newest first."""
        found: list[Any] = self.call("list", "--json").json["runs"]
        return found

    def last(self) -> Any:
        """The last run as JSON."""
        return self.call("show", "--json").json


def end(process: "subprocess.Popen[str]", number: signal.Signals | None = None) -> Said:
    """What a call that goes on said, after a signal to it if one is given."""
    if number is not None:
        process.send_signal(number)
    out, err = process.communicate(timeout=TIMEOUT)
    return Said(subprocess.CompletedProcess([], process.returncode, out, err))


def until(happens: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < ends, "it has not happened in time"
        time.sleep(0.05)


def statuses(run: Any) -> dict[str, str]:
    """The states of a run's own stages."""
    return {stage["ref"]: stage["status"] for stage in run["stages"]}
