"""What is wanted of a crew by those who run a Lab: who waits for what. Safe to use from several threads."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

from stageline.lab.unit import Unit
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.tasks.later import Answer


class Desk:
    """`new` is what nobody has looked at yet, `unwanted` what is to be ended, both by id.

    `left`: somebody does not wait for an end. `closed`: nobody comes any more; `leaving` says so to what takes long.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, Answer] = {}
        self._new: dict[str, Unit] = {}
        self._unwanted: dict[str, None] = {}
        self._read: set[str] = set()
        self.left = False
        self._waiting = Cancellation()
        self.leaving = Cancellation()
        self.closed = False

    def ask(self, unit: Unit, answer: Answer, *, new: bool = True, read: bool = False) -> None:
        """Somebody wants this script to be run, or waits for it otherwise; if it is `read`, then by others there."""
        with self._lock:
            if read:
                self._read.add(unit.id)
            self._answers[unit.id] = answer
            if new:
                self._new[unit.id] = unit
        self.wake()

    def refuse(self, id: str, reason: str) -> None:
        """Nobody wants this script any more."""
        self.left = True
        with self._lock:
            answer = self._answers.pop(id, None)
            if answer is not None and self._new.pop(id, None) is None:
                self._unwanted[id] = None
        if answer is not None:
            answer(TaskResult.canceled(reason))
            self.wake()

    def leave(self, id: str, reason: str) -> None:
        """Nobody waits for this script here."""
        self.left = True
        self.taken([id])
        self.answer(id, TaskResult.canceled(reason))

    def answer(self, id: str, result: TaskResult) -> None:
        """Tell whoever waits for it, once."""
        with self._lock:
            answer = self._answers.pop(id, None)
        if answer is not None:
            answer(result)

    def is_read(self, id: str) -> bool:
        """Whether others there wait for what it makes."""
        return id in self._read

    def wants(self, id: str) -> bool:
        """Whether somebody waits for it."""
        return id in self._answers

    @property
    def waiting(self) -> list[str]:
        """The ids of all that somebody waits for."""
        with self._lock:
            return list(self._answers)

    @property
    def new(self) -> dict[str, Unit]:
        with self._lock:
            return dict(self._new)

    @property
    def unwanted(self) -> list[str]:
        with self._lock:
            return list(self._unwanted)

    def taken(self, ids: Iterable[str]) -> None:
        """These have been looked at."""
        with self._lock:
            for id in ids:
                self._new.pop(id, None)

    def ended(self, ids: Collection[str]) -> None:
        """These are gone, or cannot be reached."""
        with self._lock:
            for id in ids:
                self._unwanted.pop(id, None)

    def close(self) -> None:
        """Nobody comes any more."""
        self.closed = True
        self.leaving.cancel("its run is left")
        self.wake()

    def listen(self) -> Cancellation:
        """What is said as soon as there is something new at the desk, from now on."""
        with self._lock:
            self._waiting = Cancellation()
            waiting = self._waiting
            busy = self._new or self._unwanted or self.closed
        if busy:
            waiting.cancel("there is something to do")
        return waiting

    def wake(self) -> None:
        """There is something to do."""
        self._waiting.cancel("there is something to do")
