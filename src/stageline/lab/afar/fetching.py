"""Brings here what is wanted of what has ended on a target, beside everything else, in the order in which it ended.

What is read by others there was said to be done before, and has a note until it is here; all else is told only then.
So a run has not ended before all that is wanted of it has come.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

from stageline.errors import Canceled, StagelineError, TargetLost
from stageline.lab.afar.concluding import Concluding, Wanted
from stageline.lab.afar.owed import OwedNotes
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.tasks.raised import raised

PAUSE = 10.0

log = logging.getLogger(__name__)


class Fetching:
    """One thread that fetches; `wake` is called when there is something to be told. Used by one other thread."""

    def __init__(
        self, concluding: Concluding, owed: OwedNotes, leaving: Cancellation, wake: Callable[[], None]
    ) -> None:
        self._concluding = concluding
        self._owed = owed
        self._leaving = leaving
        self._wake = wake
        self._changed = threading.Condition()
        self._waiting: list[Wanted] = []
        self._again: list[Wanted] = []
        self._results: list[tuple[str, TaskResult]] = []
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether something has not come, or was not told."""
        return bool(self._waiting or self._results)

    def add(self, wanted: Iterable[Wanted]) -> None:
        """Bring these, after all that was asked for before."""
        with self._changed:
            self._waiting += [*self._again, *wanted]
            self._again = []
            self._changed.notify()
        if self._thread is None and self._waiting:
            self._thread = threading.Thread(target=self._run, name="stageline-fetch", daemon=True)
            self._thread.start()

    def taken(self) -> list[tuple[str, TaskResult]]:
        """What came of those that have come since somebody asked, by their ids."""
        with self._changed:
            results, self._results = self._results, []
            return results

    def close(self) -> None:
        """Wait until all has come, unless everybody leaves."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while batch := self._next():
            try:
                results = self._concluding.bring(batch, self._leaving)
                self._owed.paid([one.made.id for one in batch])
            except Canceled:
                return
            except TargetLost as error:
                log.warning("%s; what was made there comes when it answers again", error)
                self._leaving.wait(PAUSE)
                continue
            except (StagelineError, OSError) as error:
                results = {one.made.id: TaskResult.failed(raised(error, "")) for one in batch}
                self._again += [one for one in batch if one.told]
            self._tell(batch, results)

    def _next(self) -> list[Wanted]:
        """All that waits, once there is something; nothing at the end."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            return [] if self._leaving.requested else list(self._waiting)

    def _tell(self, batch: Sequence[Wanted], results: dict[str, TaskResult]) -> None:
        with self._changed:
            del self._waiting[: len(batch)]
            self._results += [(one.made.id, results[one.made.id]) for one in batch if not one.told]
        self._wake()
