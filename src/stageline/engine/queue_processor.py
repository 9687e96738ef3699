"""The processor as a program uses it: register, then `process_all`, or `start` it beside the program and `close` it."""

import atexit
import contextlib
import logging
import os
import threading
from collections.abc import Collection
from types import TracebackType

from stageline.engine.clock import ticks_of, utc_now
from stageline.engine.handlers import Handler, RunTaskHandler, default_handlers
from stageline.engine.one_store import HasStore, one_store, refuse_two
from stageline.engine.ports import Clock, Store
from stageline.engine.processor import Processor
from stageline.engine.workbench import Registry, Workbench
from stageline.errors import DocumentError, StagelineError, StoreError
from stageline.tasks.registry import TaskRegistry

log = logging.getLogger(__name__)

SECOND = 1_000_000


def default_slots() -> int:
    """How many tasks a processor executes in threads at a time."""
    return min(32, (os.cpu_count() or 1) + 4)


class QueueProcessor:
    """Executes the runs of a queue's store. Handlers and tasks have defaults, which what is registered replaces.

    `slots` is how many tasks run in threads at a time. Given `runs`, it works on these only, and on what they start.
    Close it, or use it in a `with` block.
    """

    def __init__(
        self,
        queue: HasStore | None = None,
        *,
        store: Store | None = None,
        registry: Registry | None = None,
        slots: int | None = None,
        runs: Collection[str] | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._store = one_store("QueueProcessor", queue, store)
        self._runs = runs
        self._registry = registry
        if slots is not None and slots < 1:
            raise DocumentError(f"slots is a number of 1 or more, not {slots!r}")
        self._slots = slots or default_slots()
        self._clock = clock
        self._ticks = ticks_of(clock)
        self._handlers = default_handlers()
        self._core: Processor | None = None
        self._listener: threading.Thread | None = None
        self._background: threading.Thread | None = None
        self._closing = threading.Event()

    @property
    def store(self) -> Store:
        return self._store

    def register_handler(self, handler: Handler) -> None:
        """Let `handler` answer its type of message from now on."""
        if not isinstance(handler, Handler):
            raise DocumentError(f"register_handler takes a Handler, not {type(handler).__name__}")
        for given in (handler.queue, handler.store):
            refuse_two(f"register_handler({type(handler).__name__})", given, self._store)
        self._handlers[handler.message] = handler
        if isinstance(handler, RunTaskHandler) and handler.registry is not None:
            self._registry = handler.registry

    def process_all(self, timeout: float | None = None) -> bool:
        """Work until there is nothing left to do here, at most `timeout` seconds; answers whether nothing is left.

        A stage that waits for a signal, or for a time after the timeout, is nothing to do; nor is what others own.
        """
        core = self._begin()
        core.unpark()
        deadline = None if timeout is None else self._ticks() + int(timeout * SECOND)
        while True:
            core.cycle(self._patience(deadline))
            if core.defects:
                raise core.defects.pop()
            tick = self._ticks()
            if not core.is_busy:
                ready_in = core.pending()
                if ready_in is None or (deadline is not None and tick + ready_in > deadline):
                    return ready_in is None
            if deadline is not None and tick >= deadline:
                return False

    def start(self) -> "QueueProcessor":
        """Work in a thread of its own until closed."""
        if self._background is None:
            core = self._begin()
            self._background = threading.Thread(target=self._run, args=(core,), name="stageline-processor", daemon=True)
            self._background.start()
        return self

    def close(self) -> None:
        """Stop all work in order; runs that have not ended are free to be taken up again."""
        self._closing.set()
        atexit.unregister(self.close)
        with contextlib.ExitStack() as leaving:
            if self._registry is not None:
                leaving.callback(self._registry.close)
            if self._core is not None:
                leaving.callback(self._core.close)
                self._end_threads(self._core)
                self._core = self._background = self._listener = None

    def _end_threads(self, core: Processor) -> None:
        core.wake()
        if self._background is not None:
            self._background.join()
        if self._listener is not None:
            self._store.wake(core.peer)
            self._listener.join()

    def __enter__(self) -> "QueueProcessor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> Processor:
        if self._background is not None:
            raise DocumentError("this processor works in the background already; wait for its runs instead")
        if self._closing.is_set():
            raise DocumentError("this processor was closed; make a new one")
        if self._core is None:
            atexit.register(self.close)
            self._registry = self._registry or TaskRegistry()
            bench = Workbench(self._registry, self._store, self._clock)
            self._core = Processor(self._store, self._handlers, bench, self._slots, self._clock, self._runs)
            self._core.join()
            self._listener = threading.Thread(
                target=self._listen, args=(self._core,), name="stageline-ear", daemon=True
            )
            self._listener.start()
        return self._core

    def _patience(self, deadline: int | None) -> float:
        if deadline is None:
            return 1.0
        return min(1.0, max(deadline - self._ticks(), 0) / SECOND)

    def _listen(self, core: Processor) -> None:
        while not self._closing.is_set():
            try:
                if self._store.wait(core.peer, 1.0):
                    core.wake()
            except StoreError as error:
                log.warning("%s", error)
                self._closing.wait(1.0)

    def _run(self, core: Processor) -> None:
        while not self._closing.is_set():
            try:
                core.cycle(1.0)
            except StagelineError as error:
                log.error("%s", error)
                self._closing.wait(1.0)
            while core.defects:
                log.error("%s", core.defects.pop())
