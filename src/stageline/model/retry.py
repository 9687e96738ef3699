"""When a failed task is tried again, and after how long. Jitter is computed from a key: the same each time."""

from math import inf
from zlib import crc32

import msgspec

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure


class Retry(msgspec.Struct, frozen=True, omit_defaults=True):
    """`attempts` more tries, the n-th after `delay * backoff**(n-1)` seconds, give or take `jitter` of it."""

    attempts: int = 0
    delay: float = 5.0
    backoff: float = 2.0
    max_delay: float = 300.0
    jitter: float = 0.1
    on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        counts = self.attempts >= 0 and 0 <= self.delay < inf and 0 <= self.max_delay < inf
        if not (counts and 0 < self.backoff <= 1000 and 0 <= self.jitter <= 1):
            raise DocumentError(
                "retry: attempts, delay and max_delay are 0 or more and finite, backoff is above 0 and at most 1000, "
                f"jitter is within 0..1; this is {self}"
            )
        for rule in self.on:
            if rule.partition(":")[0] not in tuple(Cause):
                raise DocumentError(f"retry: no cause '{rule}'; known causes: {', '.join(Cause)}")

    def wants(self, failure: Failure, attempt: int) -> bool:
        """Whether to try again after `failure`, the outcome of attempt number `attempt` (the first is 1)."""
        if failure.permanent or attempt > self.attempts:
            return False
        return not self.on or any(failure.matches(rule) for rule in self.on)

    def delay_after(self, attempt: int, key: str) -> float:
        """Seconds to wait after attempt number `attempt` of the thing named `key`."""
        base = min(self.delay * self.backoff ** min(attempt - 1, 64), self.max_delay)
        spread = crc32(f"{key}/{attempt}".encode()) / 0xFFFFFFFF * 2 - 1
        return base * (1 + self.jitter * spread)
