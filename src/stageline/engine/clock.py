"""The real clock. Everything else is handed one."""

import time


def utc_now() -> int:
    """The time, in UTC microseconds."""
    return time.time_ns() // 1000
