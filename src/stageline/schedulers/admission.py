"""Which of those that wait may begin, on one machine: never more than it has, and nobody waits for ever. Pure.

First come, first served. Who does not fit waits for those that began before; others may pass only if it would fit
beside them: so it waits no longer than until all that ran before it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from stageline.errors import DomainError
from stageline.model.resource_words import memory_in_words
from stageline.model.resources import Resources

T = TypeVar("T")


class Amount(msgspec.Struct, frozen=True, gc=False):
    """Processors, and bytes of memory."""

    cpus: int = 1
    memory: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.cpus + other.cpus, self.memory + other.memory)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.cpus - other.cpus, self.memory - other.memory)

    def fits(self, room: Amount) -> bool:
        """Whether there is room for it."""
        return self.cpus <= room.cpus and self.memory <= room.memory

    def lack(self, asked: Amount) -> str:
        """What keeps this from ever holding so much; empty when nothing does."""
        if asked.cpus > self.cpus:
            return f"asks for {asked.cpus} cpus, and there are {self.cpus}"
        if asked.memory > self.memory:
            return f"asks for {memory_in_words(asked.memory)} of memory, and there are {memory_in_words(self.memory)}"
        return ""


NOTHING = Amount(0, 0)
ONE = Amount()
NO_WISHES = Resources()


def amount_of(resources: Resources) -> Amount:
    """Who says nothing takes one cpu, and memory that is not counted."""
    return ONE if resources == NO_WISHES else Amount(resources.cpus or 1, resources.mem or 0)


class TooLarge(DomainError):
    """Something asks for more than there will ever be."""

    exit_code = 2


def check_size(what: str, asked: Amount, capacity: Amount) -> None:
    """TooLarge unless it could run if it were alone."""
    if lack := capacity.lack(asked):
        option = f"-j {asked.cpus}" if asked.cpus > capacity.cpus else f"--mem {memory_in_words(asked.memory)}"
        raise TooLarge(f"{what} {lack}: give {option}, or let it ask for less")


class Admission(Generic[T]):
    """Those that wait and those that run, by their keys."""

    def __init__(self, capacity: Amount) -> None:
        self.capacity = capacity
        self._free = capacity
        self._waiting: dict[T, Amount] = {}
        self._running: dict[T, Amount] = {}
        self._passed: dict[T, Amount] = {}

    @property
    def free(self) -> Amount:
        """What nobody uses."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many run."""
        return len(self._running)

    def ask(self, key: T, amount: Amount) -> None:
        """Wait in line, behind all others."""
        check_size(str(key), amount, self.capacity)
        self._waiting[key] = amount

    def hold(self, key: T, amount: Amount) -> None:
        """It runs already, whether there is room for it or not."""
        self._running[key] = amount
        self._free -= amount

    def withdraw(self, key: T) -> bool:
        """Leave the line; False when it does not wait."""
        was_first = next(iter(self._waiting), None) == key
        if self._waiting.pop(key, None) is None:
            return False
        if was_first:
            self._passed.clear()
        return True

    def release(self, key: T) -> None:
        """It has ended."""
        self._free += self._running.pop(key)
        self._passed.pop(key, None)

    def admit(self) -> list[T]:
        """Those that begin now, in order."""
        begun: list[T] = []
        while self._waiting and self._free.cpus > 0:
            key = next(self._candidates(), None)
            if key is None:
                break
            self._begin(key)
            begun.append(key)
        return begun

    def _begin(self, key: T) -> None:
        is_first = next(iter(self._waiting)) == key
        amount = self._running[key] = self._waiting.pop(key)
        self._free -= amount
        if is_first:
            self._passed.clear()
        else:
            self._passed[key] = amount

    def _candidates(self) -> Iterator[T]:
        """The first of the line if there is room, else those that may pass it."""
        line = iter(self._waiting.items())
        first, amount = next(line)
        if amount.fits(self._free):
            yield first
            return
        beside = self.capacity - amount
        for passed in self._passed.values():
            beside -= passed
        for key, other in line:
            if other.fits(self._free) and other.fits(beside):
                yield key
