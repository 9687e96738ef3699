"""Who does the work of a Lab's run, as a port: scripts in, what came of each out. Here it is done on this machine."""

from __future__ import annotations

from typing import Protocol

from stageline.lab.runtimes import LabRuntime
from stageline.lab.unit import Unit
from stageline.schedulers.local import LocalScheduler
from stageline.tasks.later import Answer


class Crew(Protocol):
    """Does what it is given when there is room for it. Safe to call from several threads."""

    def submit(self, unit: Unit, answer: Answer) -> None:
        """Run this script, write the record of its end, and answer what came of it, once."""

    def stop(self, id: str, reason: str) -> None:
        """End this script, if it has not ended."""

    def close(self) -> None:
        """Stop all work, and wait until it is gone."""


class LocalCrew:
    """Runs scripts on this machine, as many at a time as its scheduler lets."""

    def __init__(self, scheduler: LocalScheduler, runtime: LabRuntime) -> None:
        self._scheduler = scheduler
        self._runtime = runtime

    def submit(self, unit: Unit, answer: Answer) -> None:
        self._scheduler.submit(unit.id, self._runtime.work(unit), answer)

    def stop(self, id: str, reason: str) -> None:
        self._scheduler.stop(id, reason)

    def close(self) -> None:
        try:
            self._scheduler.close()
        finally:
            self._runtime.close()


class Nobody:
    """Does nothing: for looking at scripts that are not to be run."""

    def submit(self, unit: Unit, answer: Answer) -> None:
        raise AssertionError(f"{unit.id} is not run here")

    def stop(self, id: str, reason: str) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Nothing runs."""
