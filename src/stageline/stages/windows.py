"""Many scopes, planned a window at a time: what a loop costs in memory is the window, however many items it has."""

from collections.abc import Callable

from stageline.model.plan import Plan, Scope
from stageline.stages.work import Work

WINDOW = 64


def next_window(work: Work, count: int, scope: Callable[[int], Scope], limit: int, *, halt: bool) -> Plan | None:
    """The next of `count` scopes, made by their numbers, at most `limit` of which run at a time (0: all)."""
    first = work.planned
    if first >= count or work.stage.halted:
        return None
    end = min(first + max(2 * limit, WINDOW), count) if limit else count
    return Plan(scopes=[scope(number) for number in range(first, end)], limit=limit, more=end < count, halt=halt)
