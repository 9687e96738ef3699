"""Answers and timers that are late, doubled or out of order belong to an earlier execution, and change nothing."""

import pytest

from stageline.engine.messages import CompleteTask, FireTimer, Message, RunTask, SetTimer, Signal
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.status import Status
from tests.unit.engine.play import Play, snapshot, stage

S = Status
ANSWERS = [
    TaskResult.success({"n": 2}),
    TaskResult.failed("late"),
    TaskResult.running(1),
    TaskResult.suspend(),
    TaskResult.jump_to("a"),
]


def unchanged_by(play: Play, *messages: Message) -> bool:
    was = snapshot(play.run)
    return play.say(*messages) == [] and snapshot(play.run) == was


@pytest.mark.parametrize("late", ANSWERS, ids=lambda result: result.status)
def test_a_second_answer_changes_nothing(late: TaskResult) -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.succeed("a", n=1)
    assert unchanged_by(play, CompleteTask(0, 1, late))


@pytest.mark.parametrize("late", ANSWERS, ids=lambda result: result.status)
def test_the_answer_of_an_earlier_attempt_changes_nothing(late: TaskResult) -> None:
    play = Play(stage("a", retry=Retry(1, delay=0))).start()
    play.fail("a")
    assert unchanged_by(play, CompleteTask(0, 1, late))
    play.ring("a")
    assert unchanged_by(play, CompleteTask(0, 1, late))


def test_the_answer_of_an_execution_that_never_was_changes_nothing() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    assert unchanged_by(play, CompleteTask(0, 7, TaskResult.success()), CompleteTask(1, 0, TaskResult.success()))


def test_a_timer_that_rings_twice_counts_once() -> None:
    play = Play(stage("a", retry=Retry(3, delay=0))).start()
    play.fail("a")
    assert len(play.say(FireTimer(0, 1))) == 1
    assert unchanged_by(play, FireTimer(0, 1))


def test_the_timer_of_an_earlier_wait_does_not_end_a_later_one() -> None:
    play = Play(stage("a")).start()
    [first] = play.answer("a", TaskResult.suspend(timeout=10))
    assert isinstance(first, SetTimer)
    play.say(Signal("a"))
    play.answer("a", TaskResult.suspend(timeout=1))
    play.wait(60)
    assert unchanged_by(play, FireTimer(0, first.execution))
    assert play.status("a") is S.SUSPENDED


@pytest.mark.parametrize("message", [FireTimer(0, 1), FireTimer(0, 0), RunTask(0)])
def test_nothing_rings_in_a_stage_that_has_ended(message: Message) -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.succeed("a")
    assert unchanged_by(play, message)
