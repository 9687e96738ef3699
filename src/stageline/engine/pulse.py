"""Signs of life from beside the loop: one step of it may take longer than a lease, as when very much is collected.

Only a loop that is held up is helped out; one that goes round gives its signs itself.
"""

import logging
import threading
from types import TracebackType

from stageline.engine.clock import forward_now
from stageline.engine.membership import BEAT, Membership
from stageline.engine.ports import Clock
from stageline.errors import StoreError

SECOND = 1_000_000
HELD_UP = 2 * BEAT

log = logging.getLogger(__name__)


class Pulse:
    """Entered for each round of the loop; from the first one to `stop` there is a thread that looks after it."""

    def __init__(self, membership: Membership, clock: Clock, ticks: Clock) -> None:
        self._membership = membership
        self._clock = clock
        self._ticks = ticks
        self._since: int | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        if self._thread is None and self._ticks is forward_now:  # one moved by hand does not go on when it is held up
            self._thread = threading.Thread(target=self._watch, name="stageline-pulse", daemon=True)
            self._thread.start()
        self._since = self._ticks()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._since = None

    def stop(self) -> None:
        """Look no more, and wait for a sign that is just being given."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(BEAT / SECOND):
            since = self._since
            if since is not None and self._ticks() - since >= HELD_UP:
                self._give_sign()

    def _give_sign(self) -> None:
        try:
            self._membership.renew(self._clock(), self._ticks())
        except StoreError as error:
            log.debug("no sign of life could be given while the loop is held up: %s", error)
