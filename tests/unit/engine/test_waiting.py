"""Stages that wait: to look again later, or for a signal, which may come early, late or never."""

from math import inf, nan

import pytest

from stageline.engine.messages import PauseWorkflow, ResumeWorkflow, SetTimer, Signal
from stageline.model.failure import Cause
from stageline.model.record import Waiting
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.status import Status
from tests.unit.engine.play import SECOND, Play, stage

S = Status


def test_a_task_that_is_not_done_is_executed_again_later() -> None:
    play = Play(stage("a")).start()
    assert play.answer("a", TaskResult.running(5, {"job": 7})) == [SetTimer(0, 1, 6 * SECOND)]
    assert (play.status("a"), play.node("a").record.waiting) == (S.RUNNING, Waiting.POLL)
    assert play.executing == []
    play.wait(5)
    play.ring("a")
    assert play.executing == ["a"]
    record = play.node("a").record
    assert (record.context, record.attempt, record.wake_at) == ({"job": 7}, 1, None)


def test_looking_again_is_no_further_attempt() -> None:
    play = Play(stage("a", retry=Retry(1, delay=0))).start()
    for _ in range(3):
        play.answer("a", TaskResult.running(0))
        play.ring("a")
    play.fail("a")
    assert play.status("a") is S.RUNNING


@pytest.mark.parametrize(
    ("after", "wait"), [(0, 0), (-5, 0), (nan, 0), (inf, 100 * 366 * 86400), (1e300, 100 * 366 * 86400), (0.25, 0.25)]
)
def test_odd_delays_are_made_sensible(after: float, wait: float) -> None:
    play = Play(stage("a")).start()
    play.answer("a", TaskResult.running(after))
    assert play.node("a").record.wake_at == play.run.now + int(wait * SECOND)


def test_a_suspended_stage_goes_on_with_its_signal() -> None:
    play = Play(stage("a")).start()
    assert play.answer("a", TaskResult.suspend(context={"asked": True})) == []
    assert play.status("a") is S.SUSPENDED
    play.say(Signal("a", {"approved": True}))
    assert play.executing == ["a"]
    assert play.node("a").record.signal == {"approved": True}
    assert play.node("a").record.context == {"asked": True}
    play.succeed("a")
    assert play.ended() is S.SUCCEEDED


def test_an_empty_signal_is_a_signal() -> None:
    play = Play(stage("a")).start()
    play.answer("a", TaskResult.suspend())
    play.say(Signal("a"))
    assert play.executing == ["a"]
    assert play.node("a").record.signal == {}


def test_a_signal_that_comes_early_is_kept() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.say(Signal("b", {"n": 1}))
    play.succeed("a")
    play.answer("b", TaskResult.suspend(timeout=60))
    assert play.executing == ["b"]
    assert play.node("b").record.signal == {"n": 1}
    assert play.node("b").record.wake_at is None


def test_kept_signals_are_handed_over_one_by_one_oldest_first() -> None:
    play = Play(stage("a")).start()
    for n in (1, 2):
        play.say(Signal("a", {"n": n}))
    heard = []
    for _ in range(2):
        play.answer("a", TaskResult.suspend())
        heard.append(play.node("a").record.signal)
    assert heard == [{"n": 1}, {"n": 2}]
    play.answer("a", TaskResult.suspend())
    assert play.status("a") is S.SUSPENDED


def test_a_signal_for_a_stage_that_ended_or_is_unknown_changes_nothing() -> None:
    play = Play(stage("a")).start()
    play.succeed("a")
    _ = play.events
    assert play.say(Signal("a"), Signal("nobody")) == []
    assert not play.run.has_changes


def test_patience_for_a_signal_ends_in_a_timeout() -> None:
    play = Play(stage("a")).start()
    assert play.answer("a", TaskResult.suspend(timeout=60)) == [SetTimer(0, 1, 61 * SECOND)]
    play.wait(60)
    play.ring("a")
    assert play.ended() is S.FAILED
    failure = play.node("a").record.failure
    assert failure is not None
    assert (failure.cause, str(failure)) == (Cause.TIMEOUT, "no signal came in time")


def test_a_timeout_may_be_tried_again() -> None:
    play = Play(stage("a", retry=Retry(1, delay=0, on=("timeout",)))).start()
    play.answer("a", TaskResult.suspend(timeout=1))
    play.wait(1)
    play.ring("a")
    assert (play.status("a"), play.node("a").record.waiting) == (S.RUNNING, Waiting.RETRY)


def test_a_timer_that_rings_after_the_signal_changes_nothing() -> None:
    play = Play(stage("a")).start()
    [timer] = play.answer("a", TaskResult.suspend(timeout=60))
    assert isinstance(timer, SetTimer)
    play.say(Signal("a"))
    play.wait(61)
    play.ring("a")
    assert play.executing == ["a"]


def test_a_pause_holds_signals() -> None:
    play = Play(stage("a")).start()
    play.answer("a", TaskResult.suspend(timeout=60))
    play.say(PauseWorkflow(), Signal("a", {"n": 1}))
    assert play.status("a") is S.SUSPENDED
    play.say(ResumeWorkflow())
    assert play.executing == ["a"]
    assert play.node("a").record.signal == {"n": 1}


def test_a_pause_holds_signals_that_came_before_they_were_awaited() -> None:
    play = Play(stage("a")).start()
    play.say(PauseWorkflow(), Signal("a", {"n": 1}))
    play.answer("a", TaskResult.suspend())
    assert play.status("a") is S.SUSPENDED
    play.say(ResumeWorkflow())
    assert play.executing == ["a"]


def test_a_pause_holds_timers() -> None:
    play = Play(stage("a")).start()
    play.answer("a", TaskResult.running(5))
    play.say(PauseWorkflow())
    play.wait(5)
    assert play.ring("a") == []
    assert play.say(ResumeWorkflow()) == [SetTimer(0, 1, 6 * SECOND)]
    play.ring("a")
    assert play.executing == ["a"]
