"""Python text and functions of the user's run as tasks of a Dask cluster; all else of a run stays where it is.

What Dask's own retries cannot save is a failure whose cause is the node: nothing waits for ever, and nothing is said
to be done that is not.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar

import msgspec

from stageline.errors import TargetLost
from stageline.model.failure import Cause, Failure
from stageline.schedulers.dask_link import CONNECT, Link, Sent, connect
from stageline.schedulers.dask_wire import Reply, Request
from stageline.targets.cancellation import Cancellation, limited
from stageline.targets.process import Ended
from stageline.tasks.python_executor import PythonExecutor
from stageline.tasks.python_wire import Answer, Orders

PATIENCE = 60.0
LOOK = 1.0

log = logging.getLogger(__name__)


class DaskExecutor(PythonExecutor):
    """Runs on the cluster whose scheduler is at `address`, or on one of `threads` threads made in this process.

    What waits while the cluster has no workers for `patience` seconds has failed. Close it, or use it with `with`.
    """

    remote: ClassVar[bool] = True

    def __init__(self, address: str | None = None, *, threads: int | None = None, patience: float = PATIENCE) -> None:
        self._address = address
        self._threads = threads or os.cpu_count() or 1
        self._patience = patience
        self._places = threading.Semaphore(self._threads)
        self._lock, self._connecting = threading.Lock(), threading.Lock()
        self._sent: set[Sent] = set()
        self._closing = threading.Event()
        self._refused: tuple[float, str] = (0.0, "")
        self._link: Link | None = None

    def open(self) -> None:
        """Connect; TargetLost or MissingDependency when that cannot be done."""
        self._connected()

    def run(self, order: Orders, folder: Path, cancellation: Cancellation) -> Answer | Ended:
        try:
            sent = self._connected().send(Request(f"stageline-{uuid.uuid4().hex}", order, cancellation.limit))
            with self._under_way(sent, cancellation):
                reply = sent.reply()
        except TargetLost as error:
            return _gone(order, cancellation.reason) if cancellation.requested else _lost(error)
        return _gone(order, cancellation.reason) if reply is None else _taken_in(reply, order, cancellation)

    @contextmanager
    def here(self, cancellation: Cancellation) -> Iterator[None]:
        held = False
        while not held and not cancellation.requested:
            held = self._places.acquire(timeout=LOOK)
        try:
            with limited(cancellation, cancellation.limit):
                yield
        finally:
            if held:
                self._places.release()

    def close(self) -> None:
        self._closing.set()
        if self._link is not None:
            self._link.close()

    def __enter__(self) -> DaskExecutor:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _under_way(self, sent: Sent, cancellation: Cancellation) -> Iterator[None]:
        """Wait for the end of what was sent, or have it ended."""
        with self._lock:
            self._sent.add(sent)
        cancellation.on_cancel(sent.wake)
        try:
            sent.wait()
            if cancellation.requested:
                sent.stop(cancellation.reason)
            yield
        finally:
            cancellation.forget(sent.wake)
            with self._lock:
                self._sent.discard(sent)
            sent.release()

    def _connected(self) -> Link:
        """The connection; a lost one is made anew, once for all who ask at about the same time."""
        with self._connecting:
            link = self._link
            if link is not None and (link.is_up or self._closing.is_set()):
                return link
            at, words = self._refused
            if words and time.monotonic() - at < CONNECT:
                raise TargetLost(words)
            if link is not None:
                link.close()
            try:
                self._link = connect(self._address, self._threads)
            except TargetLost as error:
                self._refused = time.monotonic(), str(error)
                raise
            self._begin(self._link, anew=link is not None)
            return self._link

    def _begin(self, link: Link, anew: bool) -> None:
        log.info("python and call stages run on %s", link.where)
        if not link.workers():
            log.warning("%s has no workers yet", link.where)
        if not anew:
            threading.Thread(target=self._look_after, name="stageline-dask", daemon=True).start()

    def _look_after(self) -> None:
        """Give up what is under way when there has been no worker for too long."""
        since: float | None = None
        while not self._closing.wait(LOOK):
            with self._lock:
                sent = tuple(self._sent)
            link = self._link
            if not sent or link is None or not link.is_up or link.workers():
                since = None
                continue
            since = since or time.monotonic()
            if time.monotonic() - since >= self._patience:
                for one in sent:
                    one.give_up(f"{link.where} has had no workers, or has not answered, for {self._patience:g} s")


def _taken_in(reply: Reply, order: Orders, cancellation: Cancellation) -> Answer | Ended:
    """What was printed goes to the order's files, which may be pipes that mask secrets."""
    for path, data in ((order.stdout, reply.stdout), (order.stderr, reply.stderr)):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
            file.write(data)
    if reply.timed_out and cancellation.limit is not None:
        cancellation.cancel(cancellation.limit.reason, timed_out=True)
    if reply.answer is not None:
        return reply.answer
    assert reply.ended is not None
    return msgspec.structs.replace(reply.ended, stdout=Path(order.stdout), stderr=Path(order.stderr))


def _gone(order: Orders, why: str) -> Ended:
    """What was stopped before it began, or did not say how it ended."""
    return Ended(
        code=None,
        signal="KILL",
        stdout=Path(order.stdout),
        stderr=Path(order.stderr),
        seconds=0.0,
        cpu_seconds=0.0,
        peak_memory=None,
        stopped=why or "canceled",
    )


def _lost(error: TargetLost) -> Answer:
    return Answer(1, failure=Failure(str(error), Cause.NODE))
