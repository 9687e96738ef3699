"""Being one of the processors of a store: known to the others, alive by regular signs, gone when they stop."""

from stageline.engine.peers import this_peer
from stageline.engine.ports import Store

BEAT = 1_000_000
LEASE = 10_000_000


class Membership:
    """This processor among the others. `peer_slots` is how many places the others have in all."""

    def __init__(self, store: Store, slots: int) -> None:
        self._store = store
        self._slots = slots
        self._beat_at = 0
        self._joined = False
        self.id = ""
        self.peer_slots = 0

    def is_due(self, now: int) -> bool:
        """Whether it is time for the next sign of life."""
        return now >= self._beat_at

    @property
    def beat_at(self) -> int:
        """When the next sign of life is due."""
        return self._beat_at

    def beat(self, now: int) -> bool:
        """Join, or give a sign of life; False when the others had declared this processor dead."""
        if not self._joined:
            peer = this_peer(self._slots)
            self._store.join(peer, now + LEASE)
            self.id, self._joined = peer.id, True
        others = self._store.beat(self.id, now, now + LEASE)
        self._joined = others is not None
        self.peer_slots = others or 0
        self._beat_at = now + BEAT if self._joined else now
        return self._joined

    def leave(self) -> None:
        """Go, and free all that was held."""
        if self._joined:
            self._joined = False
            self._beat_at = 0
            self._store.leave(self.id)
