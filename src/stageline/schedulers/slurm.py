"""Slurm, over any target: orders in, how they stand out. There is one of these for each cluster and program.

Nothing needs to go on running: whoever comes later with the same token and orders finds what was submitted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence

from stageline.errors import Canceled
from stageline.model.resources import Resources
from stageline.schedulers.slurm_argv import element_id
from stageline.schedulers.slurm_calls import NoAnswer, SlurmCalls
from stageline.schedulers.slurm_parse import Seen
from stageline.schedulers.slurm_state import Element, is_alive
from stageline.schedulers.slurm_submit import Array, Submission, Submitter
from stageline.schedulers.slurm_watch import Pace, Watch
from stageline.targets.cancellation import Cancellation
from stageline.targets.target import Order, Target

_CANCELING = 60.0
_INSISTING = 5.0


class Slurm:
    """One cluster. `accounting` is whether to ask it; None: if the cluster has it."""

    def __init__(
        self,
        target: Target,
        *,
        accounting: bool | None = None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.target = target
        self.calls = SlurmCalls(target, accounting)
        self._submitter = Submitter(self.calls)
        self._watch = Watch(self.calls, pace or Pace(), clock)
        self._clock = clock

    def submit(
        self, token: str, orders: Sequence[Order], resources: Resources, cancellation: Cancellation | None = None
    ) -> Submission:
        """Hand over orders of one shape. Calling it again with the same token and orders submits nothing twice."""
        submission = self._submitter.submit(token, orders, resources, cancellation)
        self._watch.hurry()
        return submission

    def find(
        self, tokens: Collection[str], resources: Resources, cancellation: Cancellation | None = None
    ) -> Submission:
        """The submissions that hold some of these orders, submitted now if that had come to nothing before."""
        return self._submitter.find(tokens, resources, cancellation)

    def look(self, submission: Submission) -> dict[str, Element]:
        """How each order stands; never asks Slurm more often than is polite."""
        return self._watch.look(submission.arrays)

    def wait(
        self, submission: Submission, timeout: float | None = None, cancellation: Cancellation | None = None
    ) -> dict[str, Element]:
        """Block until all have ended, the time is over, or it is canceled (Canceled)."""
        ends = None if timeout is None else self._clock() + timeout
        waiting = cancellation or Cancellation()
        while True:
            elements = self.look(submission)
            if all(element.phase.is_over for element in elements.values()):
                return elements
            if ends is not None and self._clock() >= ends:
                return elements
            pause = max(0.05, self._watch.seconds_to_next())
            if waiting.wait(pause if ends is None else max(0.0, min(pause, ends - self._clock()))):
                raise Canceled(waiting.reason)

    @property
    def pause(self) -> float:
        """Seconds until a look may tell something new."""
        return self._watch.seconds_to_next()

    @property
    def trouble(self) -> str:
        """Why Slurm could not be asked the last time; empty when it could."""
        return self._watch.trouble

    def cancel(
        self, submission: Submission, tokens: Collection[str] | None = None, timeout: float = _CANCELING
    ) -> frozenset[str]:
        """Cancel all of it, or some elements, and see that they are gone. Answers those that are not."""
        wanted = _chosen(submission.arrays, tokens)
        self.target.forbid(sorted(wanted.values()))
        ends, pause = self._clock() + timeout, 0.2
        told = -_INSISTING
        alive = wanted
        while alive:
            try:
                if self._clock() - told >= _INSISTING:
                    self.calls.cancel(_named(submission.arrays, alive))
                    told = self._clock()
                alive = self._alive(alive, min(pause, self._clock() - told))
            except NoAnswer:
                pause = min(pause * 2, 10.0)
            if not alive or self._clock() >= ends:
                break
            time.sleep(pause)
            pause = min(pause * 1.3, 1.5)
        self._watch.hurry()
        return frozenset(alive.values())

    def forget(self, submission: Submission) -> None:
        """Nobody asks for it any more."""
        self._watch.forget(submission.arrays)

    def _alive(self, elements: dict[tuple[str, int], str], age: float) -> dict[tuple[str, int], str]:
        seen = self.calls.queue(age).seen
        return {key: token for key, token in elements.items() if _lives(seen.get(key))}


def _lives(seen: Seen | None) -> bool:
    return seen is not None and is_alive(seen.state)


def _chosen(arrays: Iterable[Array], tokens: Collection[str] | None) -> dict[tuple[str, int], str]:
    return {
        (array.job, index): token
        for array in arrays
        for index, token in enumerate(array.elements)
        if tokens is None or token in tokens
    }


def _named(arrays: Iterable[Array], elements: Collection[tuple[str, int]]) -> list[str]:
    """Whole jobs where all of a job is meant, else element by element."""
    names: list[str] = []
    for array in arrays:
        indexes = [index for job, index in elements if job == array.job]
        whole = len(indexes) == len(array.elements)
        names += [array.job] if whole else [element_id(array.job, index) for index in sorted(indexes)]
    return names
