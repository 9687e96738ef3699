"""Which stages of a run are shown where there is room for some: those that tell most; the others are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stageline.cli.state import WAITS, RunState, shown_status
from stageline.model.status import Status

_TELLING = (Status.FAILED, Status.RUNNING, Status.SUSPENDED, Status.CANCELED, Status.FAILED_CONTINUE)


class Row:
    """A line of the picture: a stage, or words about several that are not shown."""

    def __init__(self, depth: int, state: RunState, number: int | None, words: str = "") -> None:
        self.depth = depth
        self.state = state
        self.number = number
        self.words = words


def chosen_rows(state: RunState, room: int) -> list[Row]:
    """What to show of a run in so many lines: all if it fits, else what tells most, and the rest as numbers."""
    rows: list[Row] = []
    for kept in (room, 20, 8, 3, 1, 0):
        rows = _rows(state, None, 0, kept)
        if len(rows) <= room:
            break
    return rows[:room]


def all_rows(state: RunState) -> list[Row]:
    """A line for each stage."""
    return _rows(state, None, 0, len(state.specs))


def _rows(state: RunState, above: int | None, depth: int, kept: int) -> list[Row]:
    numbers = state.children(above)
    shown = _telling(state, numbers, kept)
    rows: list[Row] = []
    for number in numbers:
        if number in shown:
            rows += [Row(depth, state, number), *_rows(state, number, depth + 1, kept)]
            if number in state.started:
                rows += _rows(state.started[number], None, depth + 1, kept)
    hidden = Counter(_counted(state, n) for n in numbers if n not in shown)
    if hidden:
        words = ", ".join(f"{count} {status}" for status, count in hidden.items())
        rows.append(Row(depth, state, None, f"… {words}"))
    return rows


def _telling(state: RunState, numbers: Sequence[int], kept: int) -> set[int]:
    """Those of some stages that are shown: what failed or runs first, then what ended last, then what comes next."""
    if len(numbers) <= kept:
        return set(numbers)
    records = state.records
    told = {n: shown_status(state, n) for n in numbers}
    order = sorted(
        numbers,
        key=lambda n: (
            _TELLING.index(told[n]) if told[n] in _TELLING else len(_TELLING),
            -records[n].ended_seq,
        ),
    )
    return set(order[:kept])


def _counted(state: RunState, number: int) -> str:
    return WAITS if state.waits_for_room(number) else str(state.records[number].status)
