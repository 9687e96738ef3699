"""Makes pieces of work of scripts, and has all there that they need. One that was begun before is gone on with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stageline.lab.afar.hands import Piece
from stageline.lab.afar.home import FarHome
from stageline.lab.afar.orders import Orders, new_token
from stageline.lab.afar.sending import Sending
from stageline.lab.afar.there import There
from stageline.lab.record import record_name
from stageline.lab.unit import Unit
from stageline.targets.cancellation import Cancellation
from stageline.targets.target import Stand


class Pieces:
    """Those of one Lab in one home."""

    def __init__(self, far: FarHome, there: There, orders: Orders, sending: Sending) -> None:
        self._far = far
        self._there = there
        self._orders = orders
        self._sending = sending

    def ready(self, new: Mapping[str, Unit], cancellation: Cancellation) -> list[Piece]:
        """A piece of each, which can begin."""
        pieces = self._pieces(new)
        fresh = [piece.unit for piece in pieces if not piece.begun]
        self._forget_ends(fresh)
        self._sending.send(fresh, cancellation)
        return pieces

    def _pieces(self, new: Mapping[str, Unit]) -> list[Piece]:
        """Each with what is known of it: one that was begun is attended to, unless that was concluded."""
        there, target = self._there, self._far.target
        tokens = {id: there.begun[id] for id in new if id in there.begun}
        states = target.look(list(tokens.values()))
        anew: list[str] = []
        for id, token in list(tokens.items()):
            state = states[token]
            is_over = state.stand is Stand.ENDED and (state.stopped or there.ends.get(id) == state.started)
            if is_over or state.stand is Stand.NONE:
                anew.append(tokens.pop(id))
        if anew:
            target.remove([f"run/{token}" for token in anew])
        return [self._piece(unit, tokens.get(id, "")) for id, unit in new.items()]

    def _piece(self, unit: Unit, begun: str) -> Piece:
        order = self._orders.order(unit, begun or new_token(unit.id))
        return Piece(unit=unit, order=order, begun=bool(begun))

    def _forget_ends(self, fresh: Iterable[Unit]) -> None:
        """How these ended before does not count any more."""
        ends, far = self._there.ends, self._far
        stale = {unit.id: f"{far.name(unit.records)}/{record_name(unit.id)}" for unit in fresh if unit.id in ends}
        if stale:
            far.target.remove(list(stale.values()))
        for id in stale:
            del ends[id]
