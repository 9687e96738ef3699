"""A Dask cluster for this process alone: a scheduler and workers, run by the interpreter that runs the tests."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

PATIENCE = 30.0


class Node(NamedTuple):
    """A scheduler or a worker: its process, and what it logs."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def kill(self) -> None:
        """As a machine that goes down does it."""
        self.process.kill()
        self.process.wait()


class DaskCluster:
    """Started as a context. Should the tests be killed, the scheduler ends once it has nothing to do, and all with it.

    A worker has no nanny that would start it anew.
    """

    def __init__(self, folder: Path, workers: int, env: Mapping[str, str] | None = None) -> None:
        self._file = folder / "scheduler.json"
        self._folder = folder
        self._wanted = workers
        self._env = {**os.environ, **(env or {})}
        self.nodes: list[Node] = []

    def __enter__(self) -> "DaskCluster":
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--idle-timeout", "1800 s")
        self.scheduler = self._start("scheduler", options)
        self.workers = [self.add_worker() for _ in range(self._wanted)]
        self.await_workers(self._wanted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in self.nodes:
            node.kill()

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(json.loads(self._file.read_text())["address"])

    def add_worker(self, python: tuple[str, ...] = (), env: Mapping[str, str] | None = None) -> Node:
        """Start one more worker of one thread; `python` are more words for its interpreter."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0", "--death-timeout", "30")
        scratch = self._folder / f"scratch{len(self.nodes)}"
        return self._start("worker", (*options, "--local-directory", str(scratch)), python, env)

    def await_workers(self, count: int) -> None:
        """Wait until there are so many."""
        deadline = time.monotonic() + PATIENCE
        while not self._file.exists() or not self._file.read_text().strip():
            assert time.monotonic() < deadline, f"no scheduler; look into {self._folder}"
            time.sleep(0.05)
        while len(self.addresses()) != count:
            assert time.monotonic() < deadline, f"there are not {count} workers; look into {self._folder}"
            time.sleep(0.05)

    def addresses(self) -> list[str]:
        """Of the workers that the scheduler knows."""
        make: Any = import_module("distributed").Client
        with make(self.address, timeout=PATIENCE, set_as_default=False) as client:
            return list(client.ncores())

    def _start(
        self,
        what: str,
        options: tuple[str, ...],
        python: tuple[str, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> Node:
        log = self._folder / f"{what}{len(self.nodes)}.log"
        command = (sys.executable, *python, "-m", "dask", what, *options, "--scheduler-file", str(self._file))
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env={**self._env, **(env or {})}
            )
        self.nodes.append(Node(process, log))
        return self.nodes[-1]
