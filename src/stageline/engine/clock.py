"""The real clocks. Everything else is handed one.

UTC is for what is written down. What must not depend on somebody setting the time (patience, leases, time limits of
work that is going on) counts on a clock that only goes forward.
"""

import time

from stageline.engine.ports import Clock


def utc_now() -> int:
    """The time, in UTC microseconds."""
    return time.time_ns() // 1000


def forward_now() -> int:
    """Microseconds since some moment; never set back, never put forward."""
    return time.monotonic_ns() // 1000


def ticks_of(clock: Clock) -> Clock:
    """The clock that only goes forward, beside the real one; a clock that is moved by hand is both."""
    return forward_now if clock is utc_now else clock
