"""The runs that nobody owns, as far as a processor may own them: all, or some chosen ones and what these start."""

from collections.abc import Collection, Iterable, Sequence

from stageline.engine.active import ActiveRun
from stageline.engine.ports import Change, Claim, Offer, Store


class FreeRuns:
    """A store's free runs and the tasks on offer. With `chosen` runs, a processor is no help to the others."""

    def __init__(self, store: Store, chosen: Collection[str] | None = None) -> None:
        self.store = store
        self._chosen = None if chosen is None else set(chosen)

    @property
    def is_for_all(self) -> bool:
        """Whether every run may be owned."""
        return self._chosen is None

    def claim(self, peer: str, now: int, limit: int) -> list[Claim]:
        """Own up to `limit` of them that have something to be done now."""
        return self.store.claim(peer, now, limit, self._chosen)

    def pending(self, now: int) -> int | None:
        """When there is something to do, in microseconds from `now`; None: never."""
        return self.store.pending(now, self._chosen)

    def take_offers(self, peer: str, types: Sequence[str], limit: int) -> list[Offer]:
        """Hold up to `limit` tasks on offer."""
        return self.store.take_offers(peer, types, limit, self._chosen)

    def follow(self, run: ActiveRun) -> None:
        """What a run that is owned now has started is to be owned too."""
        if self._chosen is not None:
            self._chosen.update(run.children)

    def note(self, changes: Iterable[Change]) -> None:
        """What these changes start is to be owned too."""
        if self._chosen is not None:
            self._chosen.update(child.id for change in changes for child in change.children)
