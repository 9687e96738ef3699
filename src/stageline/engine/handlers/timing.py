"""Arithmetic of times: UTC microseconds as integers, durations as seconds."""

from stageline.engine.graph import Node

MICROSECONDS = 1_000_000
FOREVER = 100 * 366 * 24 * 3600.0


def at_after(now: int, seconds: float) -> int:
    """The time `seconds` after `now`; what is absurdly far away is a hundred years away, what is no number is now."""
    return now + int(min(max(0.0, seconds), FOREVER) * MICROSECONDS)


def deadline(node: Node) -> int | None:
    """When the present attempt of a stage's task is out of time."""
    begun, timeout = node.record.attempt_at, node.spec.timeout
    return None if begun is None or timeout is None else at_after(begun, timeout)
