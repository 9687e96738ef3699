"""Handing orders to Slurm in few and large arrays, each of them once, whatever dies in between.

The target keeps who is at it and what came of it. When somebody died over it, the cluster is searched for the
submission's name; only when it is not there is it made again. An element whose order was begun does nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence

import msgspec

from stageline.errors import Canceled, ConfigError
from stageline.model.resources import Resources
from stageline.schedulers.slurm_argv import name_of, sbatch_argv
from stageline.schedulers.slurm_calls import NoAnswer, SlurmCalls, is_transient
from stageline.targets.cancellation import Cancellation
from stageline.targets.target import Order, Submitted

LARGEST = 1000
_PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_LATER = re.compile(r"Submit\w*Limit|temporarily unable|MaxJobCount")


class Array(msgspec.Struct, frozen=True):
    """One array in Slurm's hands: the tokens of its elements by index."""

    token: str
    job: str
    elements: tuple[str, ...]


class Submission(msgspec.Struct, frozen=True):
    """What was handed over, and the tokens that the cluster does not take now, with the reason: submit again later."""

    token: str
    arrays: tuple[Array, ...]
    waiting: tuple[str, ...] = ()
    reason: str = ""


class Refused(Exception):
    """The cluster does not take more of it now."""


class Submitter:
    """Submits to one cluster."""

    def __init__(self, calls: SlurmCalls) -> None:
        self._calls = calls
        self._target = calls.target

    def submit(
        self, token: str, orders: Sequence[Order], resources: Resources, cancellation: Cancellation | None = None
    ) -> Submission:
        """Have each of the orders in an array; those that are in one already stay there."""
        size = min(LARGEST, self._calls.facts.max_array_size)
        self._target.prepare(orders)
        arrays: list[Array] = []
        for at in range(0, len(orders), size):
            elements = tuple(order.token for order in orders[at : at + size])
            name = f"{token}.{at // size}"
            try:
                job = self._submit(name, elements, resources, cancellation)
            except Refused as refusal:
                rest = tuple(order.token for order in orders[at:])
                return Submission(token, tuple(arrays), rest, str(refusal))
            arrays.append(Array(name, job, elements))
        return Submission(token, tuple(arrays))

    def find(
        self, tokens: Collection[str], resources: Resources, cancellation: Cancellation | None = None
    ) -> Submission:
        """Those that hold these orders, as they were left by whoever began them; all of their elements are told."""
        arrays: list[Array] = []
        waiting: list[str] = []
        reason = ""
        for name, elements in self._target.arrays(tokens).items():
            try:
                arrays.append(Array(name, self._submit(name, elements, resources, cancellation), elements))
            except Refused as refusal:
                waiting += elements
                reason = str(refusal)
        return Submission("", tuple(arrays), tuple(waiting), reason)

    def _submit(
        self, name: str, elements: Sequence[str], resources: Resources, cancellation: Cancellation | None
    ) -> str:
        folder = f"{self._target.base}/slurm/{name}"
        argv = sbatch_argv(name_of(name, self._target.base), len(elements), folder, resources)
        argv += self._target.element_argv(name)
        said = ""
        for pause in (*_PAUSES, None):
            came = self._target.submit(name, elements, argv)
            if job := came.job or self._settle(name, came):
                return job
            said = came.said or said
            if pause is not None:
                _rest(pause, cancellation)
        raise Refused(said or "another submission of it does not come to its end")

    def _settle(self, name: str, came: Submitted) -> str:
        """The job, if it is there after all; else what stands in the way of another try is gone."""
        if came.busy:
            return ""
        if came.said and not is_transient(came.said):
            self._target.retract(name, came.who)
            if _LATER.search(came.said):
                raise Refused(came.said)
            raise ConfigError(f"target '{self._target.name}': Slurm refuses the job: {came.said}")
        try:
            job = self._found(name)
        except NoAnswer:
            return ""
        if job:
            self._target.adopt(name, job)
        else:
            self._target.retract(name, came.who)
        return job

    def _found(self, name: str) -> str:
        """What was sent a moment ago may be on its way: so it is searched for twice."""
        if job := self._calls.named(name_of(name, self._target.base)):
            return job
        time.sleep(1.0)
        return self._calls.named(name_of(name, self._target.base))


def _rest(seconds: float, cancellation: Cancellation | None) -> None:
    waiting = cancellation or Cancellation()
    if waiting.wait(seconds):
        raise Canceled(waiting.reason)
