"""A script in a sandbox or a container: a thread waits for its end, which is more than that of a process."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from stageline.errors import StagelineError
from stageline.lab.at_work import AtWork
from stageline.lab.ended import HowEnded, conclude
from stageline.lab.native_work import make_folder
from stageline.lab.unit import Unit
from stageline.model.result import TaskResult
from stageline.runtimes.sandbox import Wrapped
from stageline.schedulers.admission import amount_of
from stageline.targets.cancellation import Cancellation
from stageline.targets.process import Ended
from stageline.targets.sandboxed import run_wrapped
from stageline.tasks.raised import raised

PROCESS = "process"


class WrappedWork:
    """One script. Its client works in a folder beside the log, to which it writes all that is said."""

    def __init__(self, unit: Unit, wrapped: Wrapped, at_work: AtWork) -> None:
        self._unit = unit
        self._at_work = at_work
        self._wrapped = wrapped
        self._cancellation = Cancellation()
        self._thread = threading.Thread(target=self._run, name=f"stageline-{unit.id[:8]}", daemon=True)
        self._over = -1
        self._started = 0
        self._ended: Ended | StagelineError | OSError | None = None
        self.amount = amount_of(unit.resources)
        self.limit = unit.resources.time
        self._expired = False

    def begin(self) -> int:
        make_folder(self._unit.out)
        self._folder.mkdir(parents=True, exist_ok=True)
        for name in ("stdout", "stderr"):
            link = self._folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(self._unit.log)
        self._started = time.time_ns() // 1000
        self._over = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        told = os.dup(self._over)
        self._thread.start()
        self._at_work.begins(self._unit.id, self._started)
        return told

    def end(self) -> bool:
        self._thread.join()
        os.close(self._over)
        return True

    def conclude(self) -> TaskResult:
        ended = self._ended
        if isinstance(ended, StagelineError | OSError):
            return TaskResult.failed(raised(ended))
        assert ended is not None
        if ended.stopped and not self._expired:
            return TaskResult.canceled(ended.stopped)
        how = HowEnded(
            started=self._started,
            ended=time.time_ns() // 1000,
            host=os.uname().nodename,
            code=ended.code or 0,
            signal=ended.signal,
            cpu_seconds=ended.cpu_seconds,
            peak_memory=ended.peak_memory,
            out_of_memory=ended.out_of_memory,
            time_limit=self.limit or 0 if self._expired else 0,
        )
        return conclude(self._unit, how)

    def stop(self, reason: str) -> None:
        self._at_work.stops(self._unit.id)
        self._cancellation.cancel(reason)
        self._thread.join()

    def expire(self) -> None:
        self._expired = True
        self._cancellation.cancel("it is out of time")
        self._thread.join()

    @property
    def _folder(self) -> Path:
        return Path(self._unit.log).with_name(PROCESS)

    def _run(self) -> None:
        try:
            self._ended = run_wrapped(self._wrapped, self._folder, self._cancellation)
        except (StagelineError, OSError) as error:
            self._ended = error
        os.eventfd_write(self._over, 1)
