"""Arithmetic of times: UTC microseconds as integers, durations as seconds."""

from stageline.engine.graph import Node
from stageline.engine.messages import SetTimer

MICROSECONDS = 1_000_000
FOREVER = 100 * 366 * 24 * 3600.0


def at_after(now: int, seconds: float) -> int:
    """The time `seconds` after `now`; what is absurdly far away is a hundred years away, what is no number is now."""
    return now + int(min(max(0.0, seconds), FOREVER) * MICROSECONDS)


def ring_at(node: Node, at: int | None) -> tuple[SetTimer, ...]:
    """The timer of a stage that waits until `at`, if it does not wait for ever."""
    return () if at is None else (SetTimer(node.seq, node.record.execution, at),)


def soonest(*times: int | None) -> int | None:
    """The first of these times, if there is any."""
    return min((at for at in times if at is not None), default=None)


def out_of_time(node: Node) -> str:
    """What is said of a stage whose attempt took too long."""
    return f"timed out after {node.spec.timeout:g} s"


def deadline(node: Node) -> int | None:
    """When the present attempt of a stage's task is out of time."""
    begun, timeout = node.record.attempt_at, node.spec.timeout
    return None if begun is None or timeout is None else at_after(begun, timeout)
