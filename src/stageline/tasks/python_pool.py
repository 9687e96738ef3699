"""Worker processes for Python text: started when one is needed, used again and again, for one script at a time each.

A worker that was killed, or is spent, is never used again. Idle ones hold nobody: they end when this process does.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import uuid
from pathlib import Path

import msgspec

from stageline.errors import ConfigError, MissingDependency
from stageline.targets.cancellation import Cancellation
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.process import Command, Ended, Process, closing_fd, spawn, wait_readable
from stageline.tasks.python_executor import PythonExecutor
from stageline.tasks.python_wire import Answer, Order, Orders, receive_answer, send

_BOOT = "import sys; sys.path[:] = {path!r}; from stageline.tasks.python_worker import main; main({fd})"
_START_LIMIT = 60.0
_END_LIMIT = 2.0


class Surroundings(msgspec.Struct, frozen=True):
    """What a script sees of the engine's own process; a worker that was started under others is not used."""

    cwd: str
    environ: dict[str, str]
    path: list[str]

    @classmethod
    def now(cls) -> Surroundings:
        return cls(os.getcwd(), dict(os.environ), list(sys.path))  # noqa: PTH109


class PythonPool(PythonExecutor):
    """Keeps up to `idle_limit` idle workers; as many work at once as there are callers."""

    def __init__(self, idle_limit: int | None = None) -> None:
        self._idle_limit = (os.cpu_count() or 1) + 2 if idle_limit is None else idle_limit
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._closed = False

    def run(self, order: Orders, folder: Path, cancellation: Cancellation) -> Answer | Ended:
        worker = self._take(folder, cancellation)
        if isinstance(worker, Ended):
            return worker
        end = worker.run(order, cancellation)
        if isinstance(end, Answer) and not end.spent:
            self._give_back(worker)
        return end

    def close(self) -> None:
        """End the idle workers; those at work are ended when they have answered."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closed = True
        for worker in idle:
            worker.dismiss()
        for worker in idle:
            worker.end()

    def _take(self, folder: Path, cancellation: Cancellation) -> _Worker | Ended:
        surroundings = Surroundings.now()
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return _start(surroundings, folder, cancellation)
            if worker.surroundings == surroundings and worker.is_alive():
                return worker
            worker.end()

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            keep = not self._closed and len(self._idle) < self._idle_limit
            if keep:
                self._idle.append(worker)
        if not keep:
            worker.end()


class _Worker:
    """The engine's side of one worker process."""

    def __init__(self, process: Process, channel: socket.socket, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self._process = process
        self._channel = channel

    def run(self, order: Order, cancellation: Cancellation) -> Answer | Ended:
        """Have it carry out an order. Unless it answers, it is gone afterwards, with all that was started."""
        with contextlib.suppress(BrokenPipeError):
            send(self._channel, order)
        answer = self._answer(cancellation, order.mark)
        if isinstance(answer, Ended):
            return msgspec.structs.replace(answer, stdout=Path(order.stdout), stderr=Path(order.stderr))
        if answer.spent:
            self.end()
        return answer

    def ready(self, cancellation: Cancellation) -> Ended | None:
        """Wait until it has started; answers how it ended if it has not."""
        stopped = self._wait(cancellation, _START_LIMIT)
        if not stopped and self._channel.recv(1):
            return None
        self._channel.close()
        return self._process.stop(stopped) if stopped else self._process.wait()

    def is_alive(self) -> bool:
        """An idle worker has nothing to say: what can be read is its end."""
        with closing_fd(os.pidfd_open(self._process.pid)) as fd:
            return wait_readable((fd, self._channel.fileno()), None, 0.0) != ""

    def dismiss(self) -> None:
        """Let it end: nothing more will come."""
        self._channel.close()

    def end(self) -> None:
        """Dismiss it and wait for its end."""
        self.dismiss()
        self._process.wait(timeout=_END_LIMIT)

    def _answer(self, cancellation: Cancellation, mark: str) -> Answer | Ended:
        stopped = self._wait(cancellation)
        if stopped:
            self._channel.close()
            return self._process.stop(stopped, mark)
        answer = receive_answer(self._channel) if self._has_answer() else None
        if answer is not None:
            return answer
        self._channel.close()
        return self._process.wait(timeout=_END_LIMIT)

    def _has_answer(self) -> bool:
        return not wait_readable((self._channel.fileno(),), None, 0.0)

    def _wait(self, cancellation: Cancellation, timeout: float | None = None) -> str:
        """The socket alone would not do: a process that the script forked may hold its other end open."""
        with closing_fd(os.pidfd_open(self._process.pid)) as fd:
            return wait_readable((self._channel.fileno(), fd), cancellation, timeout)


def _start(surroundings: Surroundings, folder: Path, cancellation: Cancellation) -> _Worker | Ended:
    if not sys.executable:
        raise MissingDependency(
            "this program has no Python interpreter of its own (sys.executable) to run scripts with"
        )
    ours, theirs = socket.socketpair()
    with theirs:
        boot = _BOOT.format(path=["", *surroundings.path], fd=theirs.fileno())
        command = Command(
            argv=(sys.executable, "-c", boot),
            folder=folder,
            pass_fds=(theirs.fileno(),),
            mark=f"python-worker-{uuid.uuid4().hex}",
        )
        process = spawn(command)
    worker = _Worker(process, ours, surroundings)
    ended = worker.ready(cancellation)
    if ended is None or ended.stopped:
        return ended or worker
    said = "\n  ".join(last_lines(read_ends(ended.stderr)))
    raise ConfigError(f"a Python worker could not start ({sys.executable}):\n  {said}")
