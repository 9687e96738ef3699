"""The tree of a run on a terminal, drawn again as it changes. What does not fit is counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from stageline.cli.output import COLORS
from stageline.cli.rows import chosen_rows
from stageline.cli.session import Session
from stageline.cli.state import WAITS, RunState, asking, first_line, kind_of, label_of, message_of, shown_status
from stageline.cli.times import SECOND, span
from stageline.cli.tree import SIGNS
from stageline.engine.clock import utc_now
from stageline.engine.events import Event
from stageline.model.plan import SCOPE
from stageline.model.record import StageRecord, Waiting
from stageline.model.status import Status
from stageline.targets.logs import as_text, last_lines

TAIL = 2048
FRAMES = 8
KEPT_FREE = 4


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
        self._top = state
        self._live.start()
        self._draw(state)

    def show(self, state: RunState, events: Sequence[Event]) -> None:
        if utc_now() >= self._next:
            self._draw(self._top)

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
                table.add_row(*self._row(row.state, row.number, row.depth))
        return Group(self._head(state), table)

    def _head(self, state: RunState) -> Text:
        record = state.record
        ended = record.ended_at or utc_now()
        head = Text.assemble((str(record.status), COLORS.get(record.status, "")), f"  {state.name}  {state.id}")
        head.append(f"  {span(record.started_at, ended)}", style="bright_black")
        return head

    def _row(self, state: RunState, number: int, depth: int) -> tuple[RenderableType, ...]:
        spec, record = state.specs[number], state.records[number]
        status = shown_status(state, number)
        running = status is Status.RUNNING
        sign: RenderableType = Text(SIGNS[status], style=COLORS.get(status, "bright_black"))
        name = Text("  " * depth + label_of(spec))
        if spec.type != SCOPE:
            name.append(f" {kind_of(spec)}", style="bright_black")
        began = state.began(number)
        ended = record.ended_at or (utc_now() if began else None)
        took = Text(span(began, ended), style="bright_black")
        if running and not state.children(number) and number not in state.started:
            sign = self._spinner
        return (
            sign,
            name,
            took,
            Text(self._words(state, number, record), style="bright_black", overflow="ellipsis", no_wrap=True),
        )

    def _words(self, state: RunState, number: int, record: StageRecord) -> str:
        if state.waits_for_room(number):
            return WAITS
        if record.status is Status.SUSPENDED:
            return f"waits: {self._session.say('signal', state.id, state.path(number))}"
        if record.failure is not None and record.status is not Status.SKIPPED:
            again = f", again in {max((record.wake_at or 0) - utc_now(), 0) / SECOND:.0f}s{asking(record.context)}"
            return first_line(record.failure.message) + (again if record.waiting is Waiting.RETRY else "")
        if message := message_of(state.specs[number], record):
            return " ".join(message)
        if record.status in (Status.RUNNING, Status.SUCCEEDED) and record.waiting is None:
            return _last_line(state.folder(number, self._files))
        return ""


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
