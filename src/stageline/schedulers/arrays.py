"""Errands in Slurm's hands: those of one shape that come together go in one array, and nobody is asked too often.

What an earlier process has submitted is found again on the target, and gone on with. While the cluster has enough to
do, or has been given many arrays of late, more is gathered before it is handed over.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set

import msgspec

from stageline.errors import ConfigError, TargetLost
from stageline.model.resources import Resources
from stageline.schedulers.direct import stopped_ending
from stageline.schedulers.slurm import Slurm
from stageline.schedulers.slurm_state import Element, Phase
from stageline.schedulers.slurm_submit import LARGEST, Array, Submission
from stageline.schedulers.thrift import Thrift
from stageline.schedulers.way import refusal
from stageline.targets.cancellation import Cancellation
from stageline.targets.errand import Ending, Errand
from stageline.targets.target import Order, Stand, Target

log = logging.getLogger(__name__)

SETTLED = 0.3
LATEST = 2.0
PARTS = 10
LEISURE = 60.0
STUCK = (
    "AccountNotAllowed",
    "BadConstraints",
    "DependencyNeverSatisfied",
    "InvalidAccount",
    "InvalidQOS",
    "JobHeld",
    "JobLaunchFailure",
    "NodeDown",
    "Partition",
    "QOSNotAllowed",
    "ReqNodeNotAvail",
    "ReservationDeleted",
    "launch failed",
)
_REFUSED = 15.0
_CANCELING = 20.0


class _Group(msgspec.Struct):
    """Orders of one shape that are to be handed over together, and when the first and the last of them has come."""

    first: float
    last: float
    orders: dict[str, Order]
    not_before: float = 0.0

    def due(self) -> float:
        """When to hand them over at the earliest: once no more come, but not too late."""
        at = min(self.last + SETTLED, self.first + LATEST) if len(self.orders) < LARGEST else self.first
        return max(at, self.not_before)


class Arrays:
    """Submits orders to one cluster, and tells how they end."""

    limits = True

    def __init__(self, slurm: Slurm, clock: Callable[[], float] = time.monotonic) -> None:
        self._slurm = slurm
        self._clock = clock
        self._groups: dict[Resources, _Group] = {}
        self._arrays: dict[str, Array] = {}
        self._running: set[str] = set()
        self._never: dict[str, Ending] = {}
        self._refused = ""
        self._told: set[str] = set()
        self._shapes: dict[str, Resources] = {}
        self._taken = Counter[Resources]()
        self._thrift = Thrift(clock)

    @property
    def target(self) -> Target:
        """The cluster's login node."""
        return self._slurm.target

    @property
    def trouble(self) -> str:
        """Why the cluster does not answer, or takes no more."""
        return self._slurm.trouble or self._refused

    def add(self, errands: Sequence[Errand]) -> None:
        """Take these in."""
        now = self._clock()
        for errand in errands:
            group = self._groups.setdefault(errand.resources, _Group(now, now, {}))
            group.orders[errand.token] = errand.order
            group.last = now
        self._taken.update(errand.resources for errand in errands)

    def begin(self, interrupt: Cancellation) -> dict[str, Ending]:
        """Hand over those whose time has come."""
        for shape, group in list(self._groups.items()):
            if self._clock() >= self._due(shape, group):
                try:
                    self._hand_over(shape, group, interrupt)
                except TargetLost:
                    raise
                except ConfigError as error:
                    self._never |= dict.fromkeys(group.orders, refusal(error))
                    group.orders = {}
                if not group.orders:
                    del self._groups[shape]
        return self._never

    def waiting(self) -> Collection[str]:
        """Those that were not handed over."""
        return [token for group in self._groups.values() for token in group.orders]

    @property
    def urgent(self) -> bool:
        """Whether something is to be handed over within seconds."""
        soon = self._clock() + LATEST
        return any(self._due(shape, group) < soon for shape, group in self._groups.items())

    def running(self) -> Set[str]:
        """Those that had begun when they were last looked at."""
        return self._running

    def look(self, patience: float, interrupt: Cancellation) -> dict[str, Ending]:
        """Those that have ended, as far as is known without asking too often."""
        elements = self._slurm.look(_together(self._arrays.values())) if self._arrays else {}
        mine = {token: element for token, element in elements.items() if token in self._arrays}
        self._tell_stuck([element for element in mine.values() if element.reason.startswith(STUCK)])
        self._running = {token for token, element in mine.items() if element.phase is Phase.RUNNING}
        return {token: _ending(element) for token, element in mine.items() if element.phase.is_over}

    def stop(self, reasons: Mapping[str, str]) -> dict[str, Ending]:
        """Cancel these, and see that they are gone."""
        for shape, group in self._groups.items():
            if known := [token for token in group.orders if token in reasons]:
                self._take(self._slurm.find(known, shape), shape, group)  # by an earlier process
        waiting = [token for token in reasons if token not in self._arrays]
        if waiting:
            self.target.forbid(waiting)
        gone = {token: Ending(stopped=reasons[token]) for token in waiting}
        handed = [token for token in reasons if token in self._arrays]
        if handed:
            submission = _together(self._arrays[token] for token in handed)
            left = self._slurm.cancel(submission, handed, _CANCELING)
            states = self.target.look([token for token in handed if token not in left])
            gone |= {token: stopped_ending(state, reasons[token]) for token, state in states.items()}
        return gone

    def forget(self, tokens: Collection[str]) -> None:
        """Ask no more for these; for an array no more once nobody asks for any of it."""
        for group in self._groups.values():
            for token in tokens:
                group.orders.pop(token, None)
        self._groups = {shape: group for shape, group in self._groups.items() if group.orders}
        for token in tokens:
            array = self._arrays.pop(token, None)
            if array is not None and self._arrays.keys().isdisjoint(array.elements):
                self._slurm.forget(_together([array]))
            self._running.discard(token)
            self._shapes.pop(token, None)
            self._never.pop(token, None)

    def pause(self) -> float | None:
        """Until Slurm may be asked again, or something is to be handed over."""
        now = self._clock()
        pauses = [max(0.0, self._due(shape, group) - now) for shape, group in self._groups.items()]
        if self._arrays:
            pauses.append(self._slurm.pause)
        return min(pauses, default=None)

    def _tell_stuck(self, elements: Sequence[Element]) -> None:
        """One line when some come to wait for what does not come by itself."""
        counts = Counter(element.reason for element in elements)
        for reason, count in counts.items():
            if reason not in self._told:
                log.warning(
                    "target '%s': the cluster does not begin %d of the jobs: %s", self.target.name, count, reason
                )
        self._told = set(counts)

    def _due(self, shape: Resources, group: _Group) -> float:
        """When to hand them over: at once if none of the kind are there, or few of them wait and these are many."""
        alike = [token for token, other in self._shapes.items() if other == shape]
        if len(alike) > 2 * sum(token in self._running for token in alike):
            return max(group.due(), group.first + LEISURE)
        if not alike or len(group.orders) * PARTS >= self._taken[shape]:
            return group.due()
        return max(group.due(), self._thrift.next)

    def _hand_over(self, shape: Resources, group: _Group, interrupt: Cancellation) -> None:
        found = self._slurm.find(group.orders, shape, interrupt)
        self._take(found, shape, group)
        rest = [order for token, order in group.orders.items() if token not in found.waiting]
        made = Submission("", ())
        if rest:
            self._thrift.spend()
            made = self._slurm.submit(_name_of(rest), rest, shape, interrupt)
        self._take(made, shape, group)
        self._refused = found.reason or made.reason
        group.not_before = self._clock() + _REFUSED

    def _take(self, submission: Submission, shape: Resources, group: _Group) -> None:
        for array in submission.arrays:
            for token in array.elements:
                if group.orders.pop(token, None) is not None:
                    self._arrays[token] = array
                    self._shapes[token] = shape


def _name_of(orders: Sequence[Order]) -> str:
    """The same for the same orders. It begins as the tokens do: with what they belong to."""
    tokens = sorted(order.token for order in orders)
    owner = tokens[0].partition(".")[0]
    return f"{owner[:80]}.{hashlib.sha256(' '.join(tokens).encode()).hexdigest()[:16]}"


def _together(arrays: Iterable[Array]) -> Submission:
    return Submission("", tuple({array.token: array for array in arrays}.values()))


def _ending(element: Element) -> Ending:
    record = element.record
    return Ending(
        state=record if record and record.stand is Stand.ENDED else None, failure=element.failure, node=element.node
    )
