"""Has scripts run by Slurm: what is ready at a time and asks for the same goes in one array.

What failed for want of memory, time or a sound machine is tried again with more, or elsewhere.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Iterable, Sequence

import msgspec

from stageline.errors import ConfigError, DocumentError, MissingDependency
from stageline.lab.afar.hands import Begins, Over, Piece
from stageline.lab.afar.journal import Entry, Journal
from stageline.lab.afar.there import There
from stageline.model.failure import Cause, Failure
from stageline.model.resources import Resources
from stageline.schedulers.slurm import Slurm
from stageline.schedulers.slurm_calls import NoAnswer
from stageline.schedulers.slurm_retry import may_help, next_resources
from stageline.schedulers.slurm_state import Element, Phase
from stageline.schedulers.slurm_submit import LARGEST, Submission
from stageline.targets.cancellation import Cancellation
from stageline.targets.target import Stand

TRIES = 3
QUIET = 0.3
LONGEST = 2.0
LATER = 30.0
PLENTY = 100
LEISURE = 60.0
_AGAIN = (Cause.OUT_OF_MEMORY, Cause.TIMEOUT, Cause.NODE, Cause.PREEMPTED)

log = logging.getLogger(__name__)


class _Held(msgspec.Struct):
    """A submission, and what is known of its elements. Of one that is refused for now, some are in no array."""

    entry: Entry
    submission: Submission
    elements: dict[str, Element] = {}
    again_at: float = 0.0


class SlurmHands:
    """One cluster. `there` says what was begun before."""

    def __init__(self, slurm: Slurm, journal: Journal, there: There, begins: Begins) -> None:
        self._begins = begins
        self._slurm = slurm
        self._target = slurm.target
        self._journal = journal
        self._there = there
        self._loaded = False
        self._held: dict[str, _Held] = {}
        self._where: dict[str, str] = {}
        self._pieces: dict[str, Piece] = {}
        self._ready: dict[str, Resources] = {}
        self._strays: dict[str, Piece] = {}
        self._tries: dict[str, int] = {}
        self._first = self._last = 0.0

    @property
    def urgent(self) -> bool:
        return bool(self._ready) and not self._has_plenty

    @property
    def busy(self) -> int:
        return len(self._pieces)

    def knows(self, id: str) -> bool:
        self._load()
        return id in self._where

    def take(self, pieces: Sequence[Piece]) -> None:
        self._last = time.monotonic()
        if not self._ready:
            self._first = self._last
        for piece in pieces:
            if piece.id in self._pieces:
                continue
            self._pieces[piece.id] = piece
            if piece.id in self._where:
                continue
            if piece.begun:
                self._strays[piece.id] = piece
            else:
                self._ready[piece.id] = piece.unit.resources

    def move(self, cancellation: Cancellation) -> list[Over]:
        self._load()
        for held in self._held.values():
            if held.submission.waiting and time.monotonic() >= held.again_at:
                self._hand_over(held, cancellation)
        if not self._ready or self._is_filling():
            return []
        over: list[Over] = []
        for resources in list(dict.fromkeys(self._ready.values())):
            ids = [id for id, asked in self._ready.items() if asked == resources]
            over += self._submit(ids, resources, cancellation)
        return over

    def wait(self, seconds: float, cancellation: Cancellation) -> list[Over]:
        if self._ready and self._is_filling():
            seconds = QUIET
        elif self._held:
            seconds = min(seconds, max(0.05, self._slurm.pause))
        cancellation.wait(seconds)
        over: list[Over] = []
        for held in self._held.values():
            elements = self._slurm.look(held.submission)
            for id in elements if elements != held.elements else ():
                if id in self._pieces and _is_at_work(elements[id]) and not _is_at_work(held.elements.get(id)):
                    self._begins(id)
            held.elements = elements
        for id in [id for id in self._pieces if id in self._where]:
            element = self._held[self._where[id]].elements.get(id)
            if element is not None and element.phase.is_over:
                over += self._ended(id, element)
        return over + self._stray_ends()

    def withdraw(self) -> list[str]:
        ids = list(self._ready)
        pending = [id for held in self._held.values() for id in _pending(held) if id in self._pieces]
        self._cancel(pending)
        self._target.remove([f"run/{id}" for id in pending])
        self.drop([*ids, *pending])
        return [*ids, *pending]

    def stop(self, ids: Collection[str]) -> None:
        self._load()
        self._cancel([id for id in ids if id in self._where])
        if strays := [id for id in ids if id in self._strays]:
            self._target.cancel(strays)
        self.drop(ids)

    def release(self, ids: Collection[str]) -> None:
        for id in ids:
            self._pieces.pop(id, None)
            self._ready.pop(id, None)
            self._strays.pop(id, None)

    def drop(self, ids: Collection[str]) -> None:
        gone = set(ids)
        self.release(ids)
        for id in ids:
            self._tries.pop(id, None)
        for token in {self._where.pop(id) for id in ids if id in self._where}:
            held = self._held[token]
            live = tuple(id for id in held.entry.live if id not in gone)
            held.entry = msgspec.structs.replace(held.entry, live=live)
            self._journal.keep(held.entry)
            if not live:
                self._slurm.forget(held.submission)
                del self._held[token]

    def _is_filling(self) -> bool:
        """Whether others may come that go in the same array; while many wait in the queue, nothing is urgent."""
        now = time.monotonic()
        if self._has_plenty:
            return len(self._ready) < LARGEST // 2 and now - self._first < LEISURE
        return len(self._ready) < LARGEST and now - self._last < QUIET and now - self._first < LONGEST

    @property
    def _has_plenty(self) -> bool:
        return sum(len(_pending(held)) for held in self._held.values()) > PLENTY

    def _load(self) -> None:
        """Take up what was handed over before; what never reached the target, or was concluded, is forgotten."""
        if self._loaded:
            return
        there = self._there
        for entry in self._journal.entries():
            live = tuple(id for id in entry.live if id in there.begun or id not in there.ends)
            reached = any(id in there.begun for id in live)
            kept = msgspec.structs.replace(entry, live=live if reached else ())
            self._journal.keep(kept)
            if kept.live:
                self._hold(_Held(kept, Submission(entry.token, ())), Cancellation())
        self._loaded = True

    def _submit(self, ids: Sequence[str], resources: Resources, cancellation: Cancellation) -> list[Over]:
        orders = tuple(self._pieces[id].order for id in ids)
        tries = {id: self._tries.get(id, 0) + 1 for id in ids}
        entry = Entry(os.urandom(8).hex(), orders, resources, tuple(ids), tries)
        self._journal.keep(entry)
        for id in ids:
            del self._ready[id]
        try:
            self._hold(_Held(entry, Submission(entry.token, ())), cancellation)
        except (ConfigError, DocumentError, MissingDependency) as error:
            self._journal.keep(msgspec.structs.replace(entry, live=()))
            failure = Failure(str(error), Cause.TASK)
            return [Over(self._pieces[id], failure=failure) for id in ids]
        return []

    def _hold(self, held: _Held, cancellation: Cancellation) -> None:
        self._hand_over(held, cancellation)
        self._held[held.entry.token] = held
        self._where.update(dict.fromkeys(held.entry.live, held.entry.token))
        self._tries.update(held.entry.tries)

    def _hand_over(self, held: _Held, cancellation: Cancellation) -> None:
        entry = held.entry
        before = held.submission.reason
        try:
            held.submission = self._slurm.submit(entry.token, entry.orders, entry.resources, cancellation)
        except NoAnswer as error:
            rest = tuple(order.token for order in entry.orders)
            held.submission = Submission(entry.token, (), rest, str(error))
        held.again_at = time.monotonic() + LATER
        if held.submission.waiting and held.submission.reason != before:
            count, reason = len(held.submission.waiting), held.submission.reason
            log.warning("target '%s' takes %d of the jobs later: %s", self._target.name, count, reason)

    def _ended(self, id: str, element: Element) -> list[Over]:
        failure, piece = element.failure, self._pieces[id]
        held = self._held[self._where[id]]
        had = held.entry.resources
        if failure is not None and failure.cause in _AGAIN and may_help(failure, had) and self._tries[id] < TRIES:
            tries, more = self._tries[id], next_resources(failure, had, element.node)
            log.warning("%s: %s; it is tried again", piece.unit.words, failure.message)
            self._target.remove([f"run/{id}"])
            self.drop([id])
            self._pieces[id], self._ready[id], self._tries[id] = piece, more, tries
            self._first = self._last = time.monotonic()
            return []
        state = element.record if element.record is not None and element.record.stand is Stand.ENDED else None
        seen = state is not None and failure is not None and failure.cause in (Cause.EXIT, Cause.SIGNAL)
        return [Over(piece, state, None if seen else failure)]

    def _stray_ends(self) -> list[Over]:
        """Of what somebody began by other means than Slurm."""
        if not self._strays:
            return []
        states = self._target.look(list(self._strays))
        over = [Over(self._strays[id], state) for id, state in states.items() if state.stand is Stand.ENDED]
        words = "is lost: its machine has restarted"
        lost = [id for id, state in states.items() if state.stand in (Stand.LOST, Stand.NONE)]
        return over + [Over(self._strays[id], failure=Failure(f"it {words}", Cause.NODE)) for id in lost]

    def _cancel(self, ids: Iterable[str]) -> None:
        by_token: dict[str, list[str]] = {}
        for id in ids:
            by_token.setdefault(self._where[id], []).append(id)
        for token, some in by_token.items():
            left = self._slurm.cancel(self._held[token].submission, some)
            if left:
                log.warning("target '%s': %d jobs do not end although they were canceled", self._target.name, len(left))


def _is_at_work(element: Element | None) -> bool:
    return element is not None and element.phase not in (Phase.UNSENT, Phase.PENDING)


def _pending(held: _Held) -> list[str]:
    waiting = set(held.submission.waiting)
    found = {id: element.phase for id, element in held.elements.items()}
    return [id for id in held.entry.live if id in waiting or found.get(id) is Phase.PENDING]
