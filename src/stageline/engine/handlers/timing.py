"""Arithmetic of times: UTC microseconds as integers, durations as seconds."""

MICROSECONDS = 1_000_000
FOREVER = 100 * 366 * 24 * 3600.0


def at_after(now: int, seconds: float) -> int:
    """The time `seconds` after `now`; what is absurdly far away is a hundred years away."""
    return now + int(min(max(seconds, 0.0), FOREVER) * MICROSECONDS)
