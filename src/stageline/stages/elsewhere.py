"""Stages whose commands run on a target: handed over, followed while they run, and concluded as if they had run here.

The token of an execution is made of what stays the same when the engine is started again: so what was begun is gone on
with. Only another attempt begins anew.
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

import msgspec

from stageline.errors import DocumentError, StagelineError, UnknownName
from stageline.model.failure import Cause, Failure
from stageline.model.resource_words import time_in_words
from stageline.model.result import TaskResult
from stageline.stages.asking import NOTED, Asks, asks_in, more_asked
from stageline.stages.away import ANSWER, Away, Movable, owner_of
from stageline.stages.definition import StageDefinition
from stageline.stages.kept_results import Shelf
from stageline.stages.runs_on import RunsOn, place_of
from stageline.stages.task import SKIPPED, definition_of, holds
from stageline.stages.tools import Courier, Tools
from stageline.stages.work import Work
from stageline.targets.agent import check_order
from stageline.targets.errand import Ending, Errand, Sink
from stageline.targets.limit import limit_argv, ran_out
from stageline.targets.log_sink import LogSink
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.masking import Mask
from stageline.targets.process import Ended
from stageline.targets.target import Order, State, stderr_of, stdout_of
from stageline.tasks.later import Answer, LaterTask
from stageline.tasks.raised import raised
from stageline.tasks.task import RunningStage

_OWN = (Cause.EXIT, Cause.SIGNAL)


def token_of(stage: RunningStage) -> str:
    """What this attempt is known by on its target."""
    execution = stage.execution
    what = f"{execution.key}/{execution.attempt}/{stage.record.started_at}"
    return f"{owner_of(execution.run)}.{hashlib.sha256(what.encode()).hexdigest()[:24]}"


class ElsewhereTask(LaterTask):
    """Executes the stages of one kind that run on targets."""

    far = True
    patience: ClassVar[float] = 120.0

    def __init__(self, kind: type[StageDefinition], tools: Tools) -> None:
        self._kind = kind
        self._tools = tools

    def begin(self, stage: RunningStage, answer: Answer) -> None:
        work = Work(stage, self._tools)
        if not holds(work):
            answer(SKIPPED)
            return
        definition = definition_of(self._kind, work)
        assert isinstance(definition, Movable)
        shelf = definition.shelf(work)
        if (kept := shelf.find()) is not None:
            answer(kept)
            return
        _Journey(work, definition.away(work), shelf, answer).begin()

    def mask(self, stage: RunningStage) -> Mask | None:
        return self._tools.mask(stage)

    def abandon(self, stage: RunningStage) -> None:
        courier, token = _courier(Work(stage, self._tools)), token_of(stage)
        courier.submit(Errand(order=Order(token=token, argv=("true",)), answer=lambda _: None))
        courier.stop(token, "it was being stopped when its engine died")


class _Journey:
    """One execution on its way to the target and back."""

    def __init__(self, work: Work, away: Away, shelf: Shelf, answer: Answer) -> None:
        self._work = work
        self._away = away
        self._shelf = shelf
        self._answer = answer
        self._place = _place(work)
        self._courier = _courier(work)
        self._token = token_of(work.stage)
        self._said_to_need = self._place.resources.read()
        self._asks = asks_in(work.settings) or Asks(self._said_to_need)
        self._sinks = {name: LogSink(work.folder / name, work.mask) for name in ("stdout", "stderr")}
        self._said = bytearray()

    def begin(self) -> None:
        """Hand it over, and listen to who wants it stopped."""
        token, away = self._token, self._away
        follow: dict[str, Sink] = {stdout_of(token): self._sinks["stdout"], stderr_of(token): self._sinks["stderr"]}
        if away.answers:
            follow[f"run/{token}/{ANSWER}"] = self._said.extend
        errand = Errand(
            order=Order(token=token, argv=(*self._limit(), *away.argv), env=away.env, stdin=away.stdin),
            resources=self._asks.resources,
            grown=bool(self._asks.words),
            answer=self._ended,
            files=away.files,
            follow=follow,
        )
        check_order(errand.order)
        self._note_asks()
        self._courier.submit(errand)
        self._work.cancellation.on_cancel(self._stop)

    def _limit(self) -> tuple[str, ...]:
        """What ends it when its time is over, if nobody else there does."""
        seconds = self._asks.resources.time
        return () if self._courier.limits or seconds is None else limit_argv(seconds)

    def _note_asks(self) -> None:
        """Who reads what this attempt has said sees what it asked for."""
        if self._asks.words:
            (self._work.folder / NOTED).write_text(self._asks.words, encoding="utf-8")

    def _stop(self) -> None:
        """Only what nobody wants any more is ended: what another process will ask for goes on."""
        cancellation = self._work.cancellation
        if not cancellation.left:
            self._courier.stop(self._token, cancellation.reason)
        elif self._courier.let_go(self._token):
            self._answer(TaskResult.canceled(cancellation.reason))

    def _ended(self, ending: Ending) -> None:
        for sink in self._sinks.values():
            sink.close()
        self._work.cancellation.forget(self._stop)
        try:
            result = self._result(ending)
        except (StagelineError, OSError, msgspec.DecodeError) as error:
            result = TaskResult.failed(raised(error))
        self._shelf.keep(result)
        self._answer(more_asked(result, self._said_to_need, self._asks.resources, ending.node))

    def _result(self, ending: Ending) -> TaskResult:
        """That of the command's own end, unless somebody else has brought it about."""
        failure, state = ending.failure or self._ran_out(ending), ending.state
        if state is not None and state.code is not None and (failure is None or failure.cause in _OWN):
            result: TaskResult = self._away.conclude(self._end(state, ending.stopped), bytes(self._said))
            return result
        outputs = self._away.said(self._work.folder)
        if failure is None:
            return TaskResult.canceled(ending.stopped, outputs)
        return TaskResult.failed(self._told(failure), outputs)

    def _ran_out(self, ending: Ending) -> Failure | None:
        """The failure of what was ended for its time, where the scheduler does not tell it."""
        state, seconds = ending.state, self._asks.resources.time
        if self._courier.limits or ending.stopped or state is None or seconds is None or not ran_out(state, seconds):
            return None
        return Failure(f"it needed more time than it had asked for ({time_in_words(seconds)})", Cause.TIMEOUT)

    def _end(self, state: State, stopped: str) -> Ended:
        folder = self._work.folder
        return Ended(
            code=state.code,
            signal=state.signal,
            stdout=folder / "stdout",
            stderr=folder / "stderr",
            seconds=(state.ended - state.started) / 1e6,
            cpu_seconds=state.cpu_seconds,
            peak_memory=None,
            out_of_memory=state.out_of_memory,
            stopped=stopped,
        )

    def _told(self, failure: Failure) -> Failure:
        """The failure with what was said last, and where all of it is."""
        log = self._work.folder / "stderr"
        said = "\n".join(last_lines(read_ends(log), 40))
        asked = f" (it asked for {self._asks.words})" if self._asks.words else ""
        at = f"target '{self._place.target}': "
        return msgspec.structs.replace(
            failure,
            message=f"on {at}{failure.message.removeprefix(at)}{asked}",
            detail=said or failure.detail,
            log=str(log),
        )


def _place(work: Work) -> RunsOn:
    place = place_of(work.settings["runs-on"])
    assert place is not None
    return place


def _courier(work: Work) -> Courier:
    place = _place(work)
    try:
        return work.tools.places.courier(place.target, place.scheduler or "")
    except UnknownName as error:
        raise DocumentError(f"stage '{work.stage.name}': runs-on: {error}") from error
