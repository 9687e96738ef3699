"""Being one of the processors of a store: known to the others, alive by regular signs, gone when they stop."""

import threading

from stageline.engine.peers import this_peer
from stageline.engine.ports import Store

BEAT = 1_000_000
LEASE = 10_000_000


class Membership:
    """This processor among the others, who have `peer_slots` places in all. Its next sign is due at `beat_at`."""

    def __init__(self, store: Store, slots: int) -> None:
        self._store = store
        self._slots = slots
        self._lock = threading.Lock()
        self._joined = False
        self._lease_ends = 0
        self.beat_at = 0
        self.id = ""
        self.peer_slots = 0

    def is_due(self, tick: int) -> bool:
        """Whether it is time for the next sign of life."""
        return tick >= self.beat_at

    def is_lost(self, tick: int) -> bool:
        """Whether the last sign of life is so long ago that the others must take this processor for dead."""
        return self._joined and tick >= self._lease_ends

    def beat(self, now: int, tick: int) -> bool:
        """Join, or give a sign of life; False when the others had declared this processor dead."""
        with self._lock:
            if not self._joined:
                self._forget_old()
                peer = this_peer(self._slots)
                self._store.join(peer, now + LEASE)
                self.id, self._joined = peer.id, True
            others = self._store.beat(self.id, now, now + LEASE)
            if others is None:
                self.lapse()
                return False
            self.peer_slots = others
            self.beat_at = tick + BEAT
            self._lease_ends = tick + LEASE
            return True

    def renew(self, now: int, tick: int) -> None:
        """Give a sign of life from another thread. What is over stays so: that is for `is_lost` to tell."""
        with self._lock:
            alive = self._joined and not self.is_lost(tick)
            if alive and self._store.beat(self.id, now, now + LEASE) is not None:
                self._lease_ends = tick + LEASE

    def lapse(self) -> None:
        """Be dead for the others; the next sign of life is that of a new processor."""
        self._joined = False
        self.beat_at = 0

    def _forget_old(self) -> None:
        if self.id:
            self._store.leave(self.id)
            self.id = ""

    def leave(self) -> None:
        """Go, and free all that was held."""
        with self._lock:
            self.lapse()
            self._forget_old()
