"""How arrays stand, for all who ask: Slurm is asked for all of them together, and not more often than is polite.

The pause between two questions grows with the time in which nothing changes, and more when there is no answer: then
everything stands as it was last known to. What another process of this user was told within the pause is as good as an
answer of one's own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from stageline.errors import TargetLost
from stageline.schedulers.slurm_argv import element_id
from stageline.schedulers.slurm_calls import Listed, NoAnswer, SlurmCalls
from stageline.schedulers.slurm_state import Element, Evidence, Phase, judge
from stageline.schedulers.slurm_submit import Array
from stageline.targets.target import State, stderr_of

GROWTH = 0.5
_AT_ONCE = 0.05


class Pace(msgspec.Struct, frozen=True):
    """Seconds: the shortest and the longest pause, and how long an end that nobody tells is waited for."""

    shortest: float = 1.0
    longest: float = 30.0
    patience: float = 20.0


class _Watched(msgspec.Struct):
    """One element that somebody wants to know of."""

    token: str
    array: Array
    index: int
    element: Element
    gone_since: float | None = None

    @property
    def key(self) -> tuple[str, int]:
        return self.array.job, self.index

    @property
    def id(self) -> str:
        return element_id(self.array.job, self.index)


class Watch:
    """The one who asks a cluster, for one process."""

    def __init__(self, calls: SlurmCalls, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._pace = pace
        self._clock = clock
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._pause = pace.shortest
        self._next = 0.0
        self._changed = clock()
        self.trouble = ""

    def look(self, arrays: Iterable[Array]) -> dict[str, Element]:
        """How their elements stand, by token; what was heard last if it is too early to ask again."""
        wanted = list(arrays)
        with self._lock:
            for array in wanted:
                self._note(array)
            if self._clock() >= self._next:
                self._ask()
            return {token: self._watched[token].element for array in wanted for token in array.elements}

    def seconds_to_next(self) -> float:
        """How long until asking makes sense again."""
        return max(0.0, self._next - self._clock())

    def hurry(self) -> None:
        """Something has just been done that changes how they stand."""
        self._pause = self._pace.shortest
        self._changed = self._clock()
        self._next = min(self._next, self._changed + self._pause)

    def forget(self, arrays: Iterable[Array]) -> None:
        """Nobody asks for these any more."""
        with self._lock:
            for array in arrays:
                for token in array.elements:
                    self._watched.pop(token, None)

    def _note(self, array: Array) -> None:
        for index, token in enumerate(array.elements):
            known = self._watched.get(token)
            if known is None or known.array.job != array.job:
                first = Element(phase=Phase.PENDING, id=element_id(array.job, index))
                self._watched[token] = _Watched(token, array, index, first)
                self._changed = self._clock()
                self._next = min(self._next, self._changed + self._pace.shortest)

    def _ask(self) -> None:
        live = [one for one in self._watched.values() if not one.element.phase.is_over]
        if not live:
            return
        before = [one.element.phase for one in live]
        ago = 0.0
        try:
            ago = self._hear(live)
        except (NoAnswer, TargetLost) as error:
            self.trouble = str(error)
            self._pause = min(self._pause * 2, 2 * self._pace.longest)
        else:
            self.trouble = ""
            if before != [one.element.phase for one in live]:
                self._changed = self._clock()
            grown = self._pace.shortest + GROWTH * (self._clock() - self._changed)
            self._pause = min(grown, self._pace.longest)
        self._next = self._clock() + max(self._pause - ago, _AT_ONCE)

    def _hear(self, live: Sequence[_Watched]) -> float:
        """Learn how they stand; answers how long ago the cluster was asked: after whatever was done here."""
        queue = self._calls.queue(min(self._pause, self._clock() - self._changed))
        seen = queue.seen
        unclear = [one for one in live if not self._judge(one, seen, {})]
        if not unclear:
            return queue.ago
        records = self._calls.target.look([one.token for one in unclear])
        unclear = [one for one in unclear if not self._judge(one, seen, records)]
        if not unclear:
            return queue.ago
        accounts = self._calls.accounts(sorted({one.array.job for one in unclear}, key=int), self._pace.shortest)
        logs = self._calls.logs([self._log(one) for one in unclear])
        for one in unclear:
            self._judge(one, seen, records, accounts, logs)
        return queue.ago

    def _judge(
        self,
        one: _Watched,
        seen: Listed,
        records: Mapping[str, State],
        accounts: Listed | None = None,
        logs: Mapping[str, str] | None = None,
    ) -> bool:
        """Whether it is clear now how it stands."""
        if records and one.gone_since is None:
            one.gone_since = self._clock()
        gone = 0.0 if one.gone_since is None else self._clock() - one.gone_since
        evidence = Evidence(
            id=one.id,
            record=records.get(one.token),
            seen=seen.get(one.key),
            account=(accounts or {}).get(one.key),
            log=(logs or {}).get(self._log(one), ""),
            log_name=stderr_of(one.token),
            asked=accounts is not None and gone >= self._pace.patience,
        )
        found = judge(evidence)
        if found is None:
            return False
        one.element = found
        if not found.phase.is_over:
            one.gone_since = None
        return True

    def _log(self, one: _Watched) -> str:
        return f"{self._calls.target.base}/slurm/{one.array.token}/{one.index}.log"
