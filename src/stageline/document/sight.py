"""What expressions may name at one place: roots, and the stages that have ended by then, from the inside out."""

from collections.abc import Iterator

import msgspec

from stageline.document.order import Order
from stageline.errors import did_you_mean
from stageline.load.words import listed
from stageline.stages.names import RUN_NAMES


class Sight(msgspec.Struct, frozen=True, eq=False):
    """What the stages of one list see. The stage that holds the list has a `number` in the one around it.

    `above` are the lists of that stage that have ended before this one begins. `matrix` are the names of the values of
    a job's matrix, where they are known.
    """

    order: Order
    names: frozenset[str] = frozenset(RUN_NAMES)
    above: tuple[Order, ...] = ()
    parent: "Sight | None" = None
    number: int = -1
    matrix: frozenset[str] | None = None

    def problem(self, ref: str, number: int, slugs: bool) -> tuple[str, str]:
        """What is wrong with naming this stage from the stage with this number, and a hint; nothing if it is seen."""
        order = self._seen(ref, number)
        if order is None:
            return self._unseen(ref, number)
        stage = order.stages[order.index[ref]].stage
        if stage.id is None and not slugs:
            return f"the stage '{stage.name}' has no id to name it by", f"write 'id: {ref}' to it"
        return "", ""

    def _views(self, number: int) -> Iterator[tuple["Sight", int]]:
        yield self, number
        if self.parent is not None:
            yield from self.parent._views(self.number)

    def _seen(self, ref: str, number: int) -> Order | None:
        for view, at in self._views(number):
            if ref in view.order.index and view.order.comes_before(ref, at):
                return view.order
            for order in view.above:
                if ref in order.index:
                    return order
        return None

    def _unseen(self, ref: str, number: int) -> tuple[str, str]:
        for view, at in self._views(number):
            if ref in view.order.index:
                return _too_early(ref, view.order, at, inside=view is not self)
        known = list(dict.fromkeys(name for view, at in self._views(number) for name in view.known(at)))
        hint = did_you_mean(ref, known).removeprefix("; ")
        seen = f"there are {listed(known, 'and')}" if known else "there is none"
        return f"no stage '{ref}' comes before this one", hint or seen

    def known(self, number: int) -> Iterator[str]:
        """The stages that are seen in the list itself, and in those above."""
        yield from (ref for ref in self.order.index if self.order.comes_before(ref, number))
        for order in self.above:
            yield from order.index


def _too_early(ref: str, order: Order, number: int, inside: bool) -> tuple[str, str]:
    position = order.index[ref]
    if position == number:
        where = "what is inside of it" if inside else "the stage itself"
        return f"'{ref}' has put out nothing yet: this is {where}", "only what comes after it sees its outputs"
    if order.comes_before(order.refs[number], position):
        return f"'{ref}' runs after this stage", "move it up"
    return f"'{ref}' runs beside this stage", f"write 'needs: [{ref}]' to the stage that needs it"
