"""How a run is shown while it goes on: plain lines, one for each thing that happens, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from stageline.cli.output import colored, say_line
from stageline.cli.session import Session
from stageline.cli.state import RunState, asking, first_line, message_of
from stageline.cli.times import SECOND, clock, span
from stageline.engine.clock import utc_now
from stageline.engine.events import Event, RunPaused, RunResumed, StageEnded, StageReset, StageStarted, StageWaiting
from stageline.model.plan import SCOPE
from stageline.model.record import Waiting
from stageline.model.status import Status

_AboutStage: TypeAlias = StageStarted | StageEnded | StageWaiting | StageReset


class View(Protocol):
    """Shows a run. `begin` and `end` are called once, `show` whenever something may be new, `close` in any case."""

    def begin(self, state: RunState) -> None: ...

    def show(self, state: RunState, events: Sequence[Event]) -> None:
        """`state` is after the events."""

    def end(self, state: RunState) -> None: ...

    def close(self) -> None: ...


class Silent:
    """Shows nothing."""

    def begin(self, state: RunState) -> None: ...

    def show(self, state: RunState, events: Sequence[Event]) -> None: ...

    def end(self, state: RunState) -> None: ...

    def close(self) -> None: ...


class Plain:
    """Lines, for pipes and files."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._awaited: dict[tuple[str, int], RunState] = {}

    def begin(self, state: RunState) -> None:
        say_line(f"run {state.id} of {state.name}")

    def show(self, state: RunState, events: Sequence[Event]) -> None:
        for event in events:
            for line in self._lines(state, event):
                say_line(line)
        for key in [key for key, run in self._awaited.items() if not run.waits_for_room(key[1])]:
            say_line(self._begun(key))

    def end(self, state: RunState) -> None:
        record = state.record
        status = colored(self._session, str(record.status), record.status)
        took = span(record.started_at, record.ended_at)
        say_line(f"{status} in {took}" if took else status)

    def close(self) -> None: ...

    def _lines(self, state: RunState, event: Event) -> list[str]:
        match event:
            case RunPaused():
                return [f"{clock(event.at)}  paused; go on: {self._session.say('resume', state.id)}"]
            case RunResumed():
                return [f"{clock(event.at)}  resumed"]
            case StageStarted() | StageEnded() | StageWaiting() | StageReset():
                return [] if state.specs[event.stage].type == SCOPE else self._of_a_stage(state, event)
            case _:
                return []

    def _of_a_stage(self, state: RunState, event: _AboutStage) -> list[str]:
        """Its lines. What waits for room has not started; what has ended had, if it was not turned away."""
        key, lines = (state.id, event.stage), list[str]()
        if isinstance(event, StageStarted) and state.room is not None and state.waits_for_room(event.stage):
            self._awaited[key] = state
            return []
        if key in self._awaited:
            never = isinstance(event, StageEnded) and event.status is Status.CANCELED
            line = self._begun(key)
            lines += [] if never else [line]
        return lines + [f"{clock(event.at)}  {words}" for words in self._stage(state, event)]

    def _begun(self, key: tuple[str, int]) -> str:
        state = self._awaited.pop(key)
        at = state.began(key[1]) or utc_now()
        return f"{clock(at)}  started    {state.title(key[1])}"

    def _stage(self, state: RunState, event: _AboutStage) -> list[str]:
        path = state.title(event.stage)
        match event:
            case StageStarted():
                return [f"started    {path}"]
            case StageReset():
                return [f"again      {path}"]
            case StageEnded():
                word = f"{event.status.lower().replace('_continue', ''):10}"
                took = span(state.began(event.stage), event.at)
                said = message_of(state.specs[event.stage], state.records[event.stage])
                ended = f"{colored(self._session, word, event.status)} {path}  {took}{_why(event)}"
                return [*(f"says       {path}  {line}" for line in said), ended]
            case StageWaiting():
                return [f"waiting    {path}  {words}" for words in waiting_words(self._session, state, event)]


def _why(event: StageEnded) -> str:
    if event.failure is None or event.status is Status.SKIPPED:
        return ""
    return f"  {first_line(event.failure.message)}"


def waiting_words(session: Session, state: RunState, event: StageWaiting) -> list[str]:
    """What a stage waits for, if it is worth a word."""
    match event.waiting:
        case Waiting.RETRY if event.wake_at is not None:
            why = first_line(event.failure.message) if event.failure else "it failed"
            return [
                f"to be tried again in {max(event.wake_at - event.at, 0) / SECOND:.1f}s{asking(event.context)}: {why}"
            ]
        case Waiting.SIGNAL:
            return [f"for a signal: {session.say('signal', state.id, state.path(event.stage))}"]
        case _:
            return []
