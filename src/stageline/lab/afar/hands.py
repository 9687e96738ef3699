"""Who has scripts run on a target, by whichever way that goes: work in, ends out. Called by one thread.

What failed for want of memory, time or a sound machine is tried again with more, or elsewhere. Nothing is lost when a
call is broken off by TargetLost or NoAnswer: it is made again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

import msgspec

from stageline.lab.afar.orders import new_token
from stageline.lab.unit import Unit
from stageline.model.asking_again import difference, may_help, next_resources
from stageline.model.failure import Cause, Failure
from stageline.model.resources import Resources
from stageline.schedulers.way import Way
from stageline.targets.cancellation import Cancellation
from stageline.targets.errand import Ending, Errand
from stageline.targets.target import Order, State

TRIES = 3
_AGAIN = (Cause.OUT_OF_MEMORY, Cause.TIMEOUT, Cause.NODE, Cause.PREEMPTED)
_SEEN = (Cause.EXIT, Cause.SIGNAL)

log = logging.getLogger(__name__)

Begins: TypeAlias = Callable[[str], None]
"""Is told the id of each script that begins."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A script and its order. `begun`: it was begun by somebody before."""

    unit: Unit
    order: Order
    begun: bool = False

    @property
    def id(self) -> str:
        return self.unit.id


class Over(msgspec.Struct, frozen=True):
    """The end of a piece. Without a `state` nobody has seen its process end, and `failure` says what is known."""

    piece: Piece
    state: State | None = None
    failure: Failure | None = None


class Hands:
    """Has work done by one way.

    `begun` are the tokens of what was begun, by id.
    """

    def __init__(self, way: Way, begins: Begins, begun: dict[str, str]) -> None:
        self._way = way
        self._begun = begun
        self._begins = begins
        self._pieces: dict[str, Piece] = {}
        self._asked: dict[str, Resources] = {}
        self._tries: dict[str, int] = {}
        self._running: set[str] = set()
        self._trouble = ""

    @property
    def busy(self) -> int:
        """How many are begun, or may begin."""
        return len(self._pieces)

    @property
    def urgent(self) -> bool:
        """Whether something is about to begin."""
        return self._way.urgent

    def take(self, pieces: Sequence[Piece]) -> None:
        """These are to be done when there is room; those that were begun are gone on with."""
        new = {piece.id: piece for piece in pieces if piece.id not in self._pieces}
        for piece in new.values():
            self._pieces[piece.id] = piece
            self._asked[piece.id] = piece.unit.resources
            self._tries[piece.id] = 1
        self._hand_over(new)

    def move(self, interrupt: Cancellation) -> list[Over]:
        """Begin what may begin; answers what cannot."""
        return self._overs(self._way.begin(interrupt))

    def wait(self, seconds: float, interrupt: Cancellation) -> list[Over]:
        """What has ended, as soon as something has, at most so many seconds from now, or until there is news."""
        pause = self._way.pause()
        if interrupt.wait(seconds if pause is None else min(seconds, max(pause, 0.05))):
            return []
        ended = self._way.look(seconds, interrupt)
        self._tell_trouble()
        for id in map(_id_of, self._way.running() | ended.keys()):
            if id in self._pieces and id not in self._running:
                self._running.add(id)
                self._begins(id)
        return self._overs(ended)

    def withdraw(self) -> list[str]:
        """Let nothing begin any more; answers the ids of what had not."""
        ids = [id for id in self._pieces if id not in self._running]
        self.stop(ids)
        return ids

    def stop(self, ids: Collection[str]) -> None:
        """End these, begun or not, and see that they are gone."""
        handed = [self._token(id) for id in ids if id in self._pieces]
        if handed:
            gone = self._way.stop(dict.fromkeys(handed, "it is not wanted any more"))
            if left := [token for token in handed if token not in gone]:
                log.warning("target '%s': %d jobs do not end although they are told to", self._name, len(left))
            self._way.target.remove([f"run/{token}" for token in handed])
        self.drop(ids)

    def drop(self, ids: Collection[str]) -> None:
        """Nobody here asks for these any more."""
        self._way.forget([self._token(id) for id in ids if id in self._pieces])
        for id in ids:
            for kept in (self._pieces, self._asked, self._tries):
                kept.pop(id, None)
            self._running.discard(id)

    def _token(self, id: str) -> str:
        return self._pieces[id].order.token

    @property
    def _name(self) -> str:
        return self._way.target.name

    def _hand_over(self, ids: Collection[str]) -> None:
        self._way.add([self._errand(id) for id in ids])

    def _errand(self, id: str) -> Errand:
        piece, asked = self._pieces[id], self._asked[id]
        return Errand(order=piece.order, resources=asked, grown=asked != piece.unit.resources, answer=_nobody)

    def _overs(self, ended: Mapping[str, Ending]) -> list[Over]:
        known = [(_id_of(token), token, ending) for token, ending in ended.items()]
        ours = [(id, ending) for id, token, ending in known if id in self._pieces and self._token(id) == token]
        return [over for id, ending in ours for over in self._over(id, ending)]

    def _over(self, id: str, ending: Ending) -> list[Over]:
        """An end, unless it is tried again."""
        failure, piece, had = ending.failure, self._pieces[id], self._asked[id]
        if failure is None or failure.cause not in _AGAIN or self._tries[id] >= TRIES or not may_help(failure, had):
            seen = ending.state is not None and failure is not None and failure.cause in _SEEN
            return [Over(piece, ending.state, None if seen else failure)]
        asked = self._asked[id] = next_resources(failure, had, ending.node)
        asks = f", with {words}" if (words := difference(had, asked)) else ""
        log.warning("%s: %s; it is tried again%s", piece.unit.words, failure.message, asks)
        self._way.target.remove([f"run/{self._token(id)}"])
        self._way.forget([self._token(id)])
        self._running.discard(id)
        order = msgspec.structs.replace(piece.order, token=new_token(id))
        self._pieces[id] = msgspec.structs.replace(piece, order=order)
        self._begun[id] = order.token
        self._tries[id] += 1
        self._hand_over([id])
        return []

    def _tell_trouble(self) -> None:
        if self._way.trouble != self._trouble and self._way.trouble:
            log.warning("target '%s': %s; it is tried again", self._name, self._way.trouble)
        self._trouble = self._way.trouble


def _id_of(token: str) -> str:
    return token.partition(".")[0]


def _nobody(ending: Ending) -> None:
    """Ends are told by looking."""
