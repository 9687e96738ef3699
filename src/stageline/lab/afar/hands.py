"""Who has scripts run on a target once all that they need is there, as a port: work in, ends out.

Called by one thread. Nothing is lost when a call is broken off by TargetLost: it is called again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeAlias

import msgspec

from stageline.lab.unit import Unit
from stageline.model.failure import Failure
from stageline.targets.cancellation import Cancellation
from stageline.targets.target import Order, State

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


class Hands(Protocol):
    """Has work done."""

    def knows(self, id: str) -> bool:
        """Whether this is in hand already, from before."""

    def take(self, pieces: Sequence[Piece]) -> None:
        """These are to be done when there is room; those that were begun are attended to."""

    def move(self, cancellation: Cancellation) -> list[Over]:
        """Begin what may begin; answers what cannot."""

    def wait(self, seconds: float, cancellation: Cancellation) -> list[Over]:
        """What has ended, as soon as something has, at most so many seconds from now, or until it is canceled."""

    def withdraw(self) -> list[str]:
        """Let nothing begin any more; answers the ids of what had not."""

    def stop(self, ids: Collection[str]) -> None:
        """End these, begun or not, and see that they are gone."""

    def drop(self, ids: Collection[str]) -> None:
        """These are concluded, and none of ours any more."""

    def release(self, ids: Collection[str]) -> None:
        """Nobody here waits for these; somebody may later."""

    @property
    def urgent(self) -> bool:
        """Whether something is about to begin."""

    @property
    def busy(self) -> int:
        """How many are begun, or may begin."""
