"""The tree of a run on a terminal, drawn again as it changes. What does not fit is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from stageline.cli.output import COLORS
from stageline.cli.session import Session
from stageline.cli.state import RunState, kind_of, message_of
from stageline.cli.times import SECOND, span
from stageline.cli.tree import SIGNS
from stageline.cli.views import first_line
from stageline.engine.clock import utc_now
from stageline.engine.events import Event
from stageline.model.plan import SCOPE
from stageline.model.record import StageRecord, Waiting
from stageline.model.status import Status
from stageline.targets.logs import as_text, last_lines

TAIL = 2048
FRAMES = 8
KEPT_FREE = 4
_TELLING = (Status.FAILED, Status.RUNNING, Status.SUSPENDED, Status.CANCELED, Status.FAILED_CONTINUE)


class LiveTree:
    """Shows the stages of a run, nested, with times, and the last line that each has said."""

    def __init__(self, session: Session, files: Path) -> None:
        self._session = session
        self._files = files
        self._console = Console(highlight=False, force_terminal=True)
        self._live = Live(console=self._console, refresh_per_second=FRAMES, transient=False, auto_refresh=False)
        self._spinner = Spinner("dots")
        self._next = 0

    def begin(self, state: RunState) -> None:
        self._live.start()
        self._draw(state)

    def show(self, state: RunState, events: Sequence[Event]) -> None:
        if utc_now() >= self._next:
            self._draw(state)

    def end(self, state: RunState) -> None:
        self._draw(state)

    def close(self) -> None:
        self._live.stop()

    def _draw(self, state: RunState) -> None:
        begun = utc_now()
        self._live.update(self._picture(state), refresh=True)
        # A picture of a very large run takes its time; the run itself must have most of it.
        self._next = begun + max(SECOND // FRAMES, 10 * (utc_now() - begun))

    def _picture(self, state: RunState) -> RenderableType:
        room = max(self._console.size.height - KEPT_FREE, 5)
        shown = chosen_rows(state, room)
        table = Table.grid(padding=(0, 1))
        for row in shown:
            if row.number is None:
                table.add_row("", Text("  " * row.depth + row.words, style="bright_black"), "", "")
            else:
                table.add_row(*self._row(state, row.number, row.depth))
        return Group(self._head(state), table)

    def _head(self, state: RunState) -> Text:
        record = state.record
        ended = record.ended_at or utc_now()
        head = Text.assemble((str(record.status), COLORS.get(record.status, "")), f"  {state.name}  {state.id}")
        head.append(f"  {span(record.started_at, ended)}", style="bright_black")
        return head

    def _row(self, state: RunState, number: int, depth: int) -> tuple[RenderableType, ...]:
        spec, record = state.specs[number], state.records[number]
        running = record.status is Status.RUNNING
        sign: RenderableType = Text(SIGNS[record.status], style=COLORS.get(record.status, "bright_black"))
        name = Text("  " * depth + spec.ref_id)
        if spec.type != SCOPE:
            name.append(f" {kind_of(spec)}", style="bright_black")
        ended = record.ended_at or (utc_now() if record.started_at else None)
        took = Text(span(record.started_at, ended), style="bright_black")
        if running and not state.children(number):
            sign = self._spinner
        return (
            sign,
            name,
            took,
            Text(self._words(state, number, record), style="bright_black", overflow="ellipsis", no_wrap=True),
        )

    def _words(self, state: RunState, number: int, record: StageRecord) -> str:
        if record.status is Status.SUSPENDED:
            return f"waits: {self._session.say('signal', state.id, state.path(number))}"
        if record.failure is not None and record.status is not Status.SKIPPED:
            again = f", again in {max((record.wake_at or 0) - utc_now(), 0) / SECOND:.0f}s"
            return first_line(record.failure.message) + (again if record.waiting is Waiting.RETRY else "")
        if message := message_of(state.specs[number], record):
            return " ".join(message)
        if record.status in (Status.RUNNING, Status.SUCCEEDED) and record.waiting is None:
            return _last_line(state.folder(number, self._files))
        return ""


class Row:
    """A line of the picture: a stage, or words about several that are not shown."""

    def __init__(self, depth: int, number: int | None, words: str = "") -> None:
        self.depth = depth
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


def _rows(state: RunState, above: int | None, depth: int, kept: int) -> list[Row]:
    numbers = state.children(above)
    shown = _telling(state, numbers, kept)
    rows: list[Row] = []
    for number in numbers:
        if number in shown:
            rows += [Row(depth, number), *_rows(state, number, depth + 1, kept)]
    hidden = Counter(str(state.records[n].status) for n in numbers if n not in shown)
    if hidden:
        rows.append(Row(depth, None, "… " + ", ".join(f"{count} {status}" for status, count in hidden.items())))
    return rows


def _telling(state: RunState, numbers: Sequence[int], kept: int) -> set[int]:
    """Those of some stages that are shown: what failed or runs first, then what ended last, then what comes next."""
    if len(numbers) <= kept:
        return set(numbers)
    records = state.records
    order = sorted(
        numbers,
        key=lambda n: (
            _TELLING.index(records[n].status) if records[n].status in _TELLING else len(_TELLING),
            -records[n].ended_seq,
        ),
    )
    return set(order[:kept])


def _last_line(folder: Path) -> str:
    """The last line that an execution has said."""
    for name in ("stdout", "stderr"):
        try:
            with (folder / name).open("rb") as file:
                file.seek(max(file.seek(0, 2) - TAIL, 0))
                if lines := last_lines(as_text(file.read()), 1, 200):
                    return lines[0]
        except OSError:
            continue
    return ""
