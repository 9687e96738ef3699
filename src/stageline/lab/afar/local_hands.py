"""Has scripts run on a target within its capacity. They go on by themselves; what waits for room is begun by a look.

What was lost because its machine restarted is begun anew, a few times.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stageline.lab.afar.hands import Begins, Over, Piece
from stageline.lab.unit import amount_of
from stageline.model.failure import Cause, Failure
from stageline.schedulers.admission import Admission, Amount, TooLarge
from stageline.targets.cancellation import Cancellation
from stageline.targets.target import Stand, Target

TRIES = 3


class LocalHands:
    """Admits by cpus and memory."""

    def __init__(self, target: Target, capacity: Amount, begins: Begins) -> None:
        self._begins = begins
        self._target = target
        self._admission: Admission[str] = Admission(capacity)
        self._waiting: dict[str, Piece] = {}
        self._live: dict[str, Piece] = {}
        self._tries: dict[str, int] = {}
        self._refused: list[Over] = []

    @property
    def urgent(self) -> bool:
        return False

    @property
    def busy(self) -> int:
        return len(self._waiting) + len(self._live)

    def knows(self, id: str) -> bool:
        return id in self._live or id in self._waiting

    def take(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if piece.id in self._live or piece.id in self._waiting:
                continue
            amount = amount_of(piece.unit.resources)
            if piece.begun:
                self._admission.hold(piece.id, amount)
                self._live[piece.id] = piece
                continue
            try:
                self._admission.ask(piece.id, amount)
                self._waiting[piece.id] = piece
            except TooLarge as error:
                self._refused.append(Over(piece, failure=Failure(str(error), Cause.DOCUMENT, permanent=True)))

    def move(self, cancellation: Cancellation) -> list[Over]:
        refused, self._refused = self._refused, []
        for id in self._admission.admit():
            self._live[id] = self._waiting.pop(id)
        begin = [piece for id, piece in self._live.items() if id not in self._tries]
        if begin:
            self._target.start([piece.order for piece in begin if not piece.begun])
            for piece in begin:
                self._begins(piece.id)
            self._tries.update((piece.id, self._tries.get(piece.id, 0) + 1) for piece in begin)
        return refused

    def wait(self, seconds: float, cancellation: Cancellation) -> list[Over]:
        if not self._live:
            cancellation.wait(seconds)
            return []
        states = self._target.look(list(self._live), seconds, cancellation)
        over: list[Over] = []
        for id, state in states.items():
            if state.stand is Stand.ENDED:
                over.append(Over(self._gone(id), state))
            elif state.stand in (Stand.LOST, Stand.NONE):
                over += self._again(id)
        return over

    def withdraw(self) -> list[str]:
        ids = [id for id in self._waiting if self._admission.withdraw(id)]
        for id in ids:
            del self._waiting[id]
        return ids

    def stop(self, ids: Collection[str]) -> None:
        begun = [id for id in ids if id in self._live]
        if begun:
            self._target.cancel(begun)
        self.drop(ids)

    def drop(self, ids: Collection[str]) -> None:
        for id in ids:
            if id in self._live:
                self._gone(id)
            elif self._admission.withdraw(id):
                del self._waiting[id]

    release = drop

    def _gone(self, id: str) -> Piece:
        self._admission.release(id)
        self._tries.pop(id, None)
        return self._live.pop(id)

    def _again(self, id: str) -> list[Over]:
        """What was lost is begun once more, or has failed."""
        tries, piece = self._tries[id], self._live[id]
        if tries >= TRIES:
            words = f"{piece.unit.words} was lost: its machine has restarted {tries} times"
            return [Over(self._gone(id), failure=Failure(words, Cause.NODE))]
        self._target.remove([f"run/{id}"])
        self._target.start([piece.order])
        self._tries[id] = tries + 1
        return []
