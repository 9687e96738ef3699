"""Signs of life from beside the loop: one step of it may take longer than a lease, as when very much is collected.

Only a loop that is at work is helped out; one that waits gives its signs itself.
"""

import logging
import threading
from types import TracebackType

from stageline.engine.membership import BEAT, Membership
from stageline.engine.ports import Clock
from stageline.errors import StoreError

SECOND = 1_000_000

log = logging.getLogger(__name__)


class Pulse:
    """Entered for each piece of work of the loop; from `start` to `stop` there is a thread that looks after it."""

    def __init__(self, membership: Membership, clock: Clock, ticks: Clock) -> None:
        self._membership = membership
        self._clock = clock
        self._ticks = ticks
        self._busy_since: int | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        self._busy_since = self._ticks()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._busy_since = None

    def start(self) -> None:
        """Look after the loop; a second call changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="stageline-pulse", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Look no more, and wait for a sign that is just being given."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(BEAT / SECOND):
            since = self._busy_since
            if since is not None and self._ticks() - since >= BEAT:
                self._give_sign()

    def _give_sign(self) -> None:
        try:
            self._membership.renew(self._clock(), self._ticks())
        except StoreError as error:
            log.debug("no sign of life could be given while the loop is busy: %s", error)
