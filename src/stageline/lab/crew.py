"""Who does the work of a Lab's run, as a port: scripts in, what came of each out. Here it is done on this machine."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from stageline.lab.ended import DONE
from stageline.lab.record import Record, changes, read_record, write_record
from stageline.lab.runtimes import LabRuntime
from stageline.lab.unit import Unit
from stageline.schedulers.local import LocalScheduler
from stageline.tasks.later import Answer


class Crew(Protocol):
    """Does what it is given when there is room for it. Safe to call from several threads."""

    def submit(self, unit: Unit, answer: Answer, read: bool = False) -> None:
        """Run this script, write the record of its end, and answer what came of it, once.

        What is `read` by others of its run need not have come here when that is answered.
        """

    def have(self, unit: Unit, renewed: Record | None, answer: Answer) -> None:
        """This script is done: answer once what it has made is here, if it is wanted here.

        Its record is kept anew if there is more to tell.
        """

    def record(self, folder: str, id: str) -> Record | None:
        """The record of a script that has ended."""

    def stop(self, id: str, reason: str) -> None:
        """End this script, if it has not ended."""

    def leave(self, id: str, reason: str) -> None:
        """Nobody here waits for this script any more; somebody may later. It goes on if it can without us."""

    def holds(self, record: Record, unit: Unit) -> bool:
        """Whether the outputs of a script are as they were when it ended so."""

    def forget(self, ids: Collection[str]) -> None:
        """Of these scripts nothing counts that was done before."""

    @property
    def is_quiet(self) -> bool:
        """Whether all that may begin has begun, and nothing had ended when it was looked at last."""

    def close(self) -> None:
        """Let go of all, and wait until what was stopped is gone."""


class LocalCrew:
    """Runs scripts on this machine, as many at a time as its scheduler lets."""

    def __init__(self, scheduler: LocalScheduler, runtime: LabRuntime) -> None:
        self._scheduler = scheduler
        self._runtime = runtime

    def submit(self, unit: Unit, answer: Answer, read: bool = False) -> None:
        self._scheduler.submit(unit.id, self._runtime.work(unit), answer)

    def have(self, unit: Unit, renewed: Record | None, answer: Answer) -> None:
        if renewed is not None:
            write_record(unit.records, renewed)
        answer(DONE)

    def record(self, folder: str, id: str) -> Record | None:
        return read_record(Path(folder), id)

    def stop(self, id: str, reason: str) -> None:
        self._scheduler.stop(id, reason)

    leave = stop

    def holds(self, record: Record, unit: Unit) -> bool:
        return not changes(record, unit.out)

    def forget(self, ids: Collection[str]) -> None:
        """Records of this machine are all there is."""

    @property
    def is_quiet(self) -> bool:
        """Ends are noticed as they come."""
        return False

    def close(self) -> None:
        try:
            self._scheduler.close()
        finally:
            self._runtime.close()


class Nobody:
    """Does nothing: for looking at scripts that are not to be run."""

    def submit(self, unit: Unit, answer: Answer, read: bool = False) -> None:
        raise AssertionError(f"{unit.id} is not run here")

    def have(self, unit: Unit, renewed: Record | None, answer: Answer) -> None:
        raise AssertionError(f"{unit.id} is not run here")

    def record(self, folder: str, id: str) -> Record | None:
        return read_record(Path(folder), id)

    def stop(self, id: str, reason: str) -> None:
        """Nothing runs."""

    leave = stop

    def holds(self, record: Record, unit: Unit) -> bool:
        return not changes(record, unit.out)

    def forget(self, ids: Collection[str]) -> None:
        """Nothing was done."""

    @property
    def is_quiet(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing runs."""
