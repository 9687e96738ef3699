"""Cancels, timeouts, retries and jumps reach all that is below a planner; what is shielded is let finish."""

from typing import Any

import pytest

from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    CompleteTask,
    FireTimer,
    PauseWorkflow,
    RecoverWorkflow,
    ResumeWorkflow,
    RetryWorkflow,
)
from stageline.model.failure import Cause
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.status import Status
from tests.unit.engine.planning import plan, planned, scope, scopes, taken_over
from tests.unit.engine.play import Play, counters, snapshot, stage

S = Status
GONE = TaskResult.canceled("gone")


def deep() -> Play:
    """`p/o/q/i/x` is executed, and `p/o/y` beside its planner."""
    play = planned(scope("o", stage("q"), stage("y")))
    play.answer("p/o/q", plan(scope("i", stage("x"))))
    return play


def test_a_cancelled_run_stops_what_is_deep_inside_and_ends_when_it_is_gone() -> None:
    play = deep()
    play.say(CancelWorkflow("enough"))
    assert set(play.stopped) == {"p/o/q/i/x", "p/o/y"}
    play.answer("p/o/y", GONE)
    assert play.ended() is None
    play.answer("p/o/q/i/x", GONE)
    assert play.executing == ["p/o/q"]
    play.answer("p/o/q", GONE)
    assert play.executing == ["p"]
    play.answer("p", GONE)
    assert play.ended() is S.CANCELED


def test_a_failure_elsewhere_stops_a_planner_and_all_below_it() -> None:
    play = Play(stage("p"), stage("other")).start()
    play.answer("p", plan(*scopes("abc"), limit=2))
    play.fail("other", "broken")
    assert play.stopped == ["p/a/x", "p/b/x"]
    play.answer("p/a/x", GONE)
    play.answer("p/b/x", GONE)
    play.answer("p", GONE)
    assert play.ended() is S.FAILED
    assert "p/c/x" not in play.executed


def test_one_scope_can_be_cancelled_and_the_others_go_on() -> None:
    play = planned(*scopes("abc"), limit=2)
    play.say(CancelStage("p/a", "enough"))
    play.answer("p/a/x", GONE)
    assert play.status("p/a") is S.CANCELED
    assert play.executing == ["p/b/x", "p/c/x"]


def test_a_scope_that_has_not_begun_can_be_cancelled() -> None:
    play = planned(*scopes("ab"), limit=1)
    play.say(CancelStage("p/b"))
    play.succeed("p/a/x")
    assert play.executing == ["p"]
    assert play.status("p/b") is S.CANCELED


def test_a_shielded_scope_can_be_cancelled_by_its_path() -> None:
    play = planned(scope("try"))
    play.say(CancelWorkflow())
    play.answer("p/try/x", GONE)
    play.answer("p", plan(scope("finally", shielded=True)))
    play.say(CancelStage("p/finally", "now really"))
    play.answer("p/finally/x", GONE)
    play.answer("p", GONE)
    assert play.ended() is S.CANCELED


def test_a_shielded_scope_that_runs_already_is_let_finish() -> None:
    play = planned(scope("a"), scope("keep", stage("x"), stage("y", "x"), shielded=True))
    play.say(CancelWorkflow())
    assert play.stopped == ["p/a/x"]
    play.answer("p/a/x", GONE)
    play.succeed("p/keep/x", "p/keep/y")
    assert play.status("p/keep") is S.SUCCEEDED
    play.answer("p", GONE)
    assert play.ended() is S.CANCELED


def test_all_inside_a_shielded_scope_is_shielded_and_a_cancel_inside_it_is_not_lost() -> None:
    play = planned(scope("keep", stage("q"), shielded=True))
    play.answer("p/keep/q", plan(scope("inner")))
    play.say(CancelWorkflow())
    assert play.stopped == []
    play.say(CancelStage("p/keep/q", "enough"))
    assert play.stopped == ["p/keep/q/inner/x"]


def test_a_shielded_scope_goes_on_after_a_takeover() -> None:
    play = planned(scope("keep", stage("x"), stage("y", "x"), shielded=True))
    play.say(CancelWorkflow())
    again = taken_over(play)
    assert again.executing == ["p/keep/x"]
    again.succeed("p/keep/x", "p/keep/y")
    again.answer("p", GONE)
    assert again.ended() is S.CANCELED


def test_a_run_that_is_taken_over_while_a_planner_is_stopped_comes_to_its_end() -> None:
    play = planned(*scopes("abc"), limit=2)
    play.say(CancelWorkflow())
    again = taken_over(play)
    assert again.executing == ["p"]
    again.answer("p", GONE)
    assert again.ended() is S.CANCELED


def timed(**planner: Any) -> Play:
    """Two of three scopes run when their planner is out of time."""
    play = planned(*scopes("abc"), limit=2, planner={"timeout": 10.0, **planner})
    play.wait(10)
    play.ring("p")
    return play


def test_a_planner_that_is_out_of_time_stops_its_scopes_and_fails_when_they_are_gone() -> None:
    play = timed()
    assert play.stopped == ["p/a/x", "p/b/x"]
    play.answer("p/a/x", GONE)
    assert play.ended() is None
    play.answer("p/b/x", GONE)
    play.answer("p", GONE)
    failure = play.node("p").record.failure
    assert failure is not None
    assert (failure.cause, failure.message) == (Cause.TIMEOUT, "timed out after 10 s")
    assert play.ended() is S.FAILED


def test_a_planner_that_is_out_of_time_may_still_run_what_is_shielded() -> None:
    play = timed()
    play.answer("p/a/x", GONE)
    play.answer("p/b/x", GONE)
    play.answer("p", plan(scope("finally", shielded=True)))
    assert play.executing == ["p/finally/x"]
    play.succeed("p/finally/x")
    play.answer("p", GONE)
    assert play.ended() is S.FAILED


def test_a_planner_that_was_out_of_time_may_be_tried_again_with_fresh_time() -> None:
    play = timed(retry=Retry(1, delay=5, on=("timeout",)))
    play.answer("p/a/x", GONE)
    play.answer("p/b/x", GONE)
    play.answer("p", GONE)
    assert play.status("p") is S.RUNNING
    again = taken_over(play)
    for one in (play, again):
        one.wait(5)
        one.ring("p")
        one.answer("p", plan(*scopes("abc"), limit=2))
        assert one.executing == ["p/a/x", "p/b/x"]
        assert one.ring("p") != []
        assert one.status("p/a") is S.RUNNING
        one.wait(10)
        one.ring("p")
        assert one.node("p").record.timed_out


def test_a_planner_that_was_out_of_time_in_a_run_that_is_being_stopped_is_not_tried_again() -> None:
    play = timed(retry=3)
    play.say(CancelWorkflow())
    play.answer("p/a/x", GONE)
    play.answer("p/b/x", GONE)
    play.answer("p", GONE)
    assert play.ended() is S.CANCELED


def test_the_time_of_a_planner_runs_on_while_it_is_asked_for_more() -> None:
    play = planned(scope("a"), limit=1, more=True, planner={"timeout": 10.0})
    play.wait(6)
    play.succeed("p/a/x")
    play.answer("p", plan(scope("b"), limit=1))
    play.wait(4)
    play.ring("p")
    assert play.stopped == ["p/b/x"]


def test_a_planner_that_ends_while_scopes_run_stops_them() -> None:
    play = planned(*scopes("ab"), limit=3, more=True)
    play.succeed("p")
    assert set(play.stopped) == {"p/a/x", "p/b/x"}
    assert play.status("p") is S.SUCCEEDED
    assert play.executing == ["end"]
    assert len(play.run.nodes) == 2


def test_late_answers_of_what_is_forgotten_change_nothing() -> None:
    play = planned(*scopes("ab"), limit=3, more=True)
    late = [(node.seq, node.record.execution) for node in map(play.node, ("p/a/x", "p/b/x", "p/a"))]
    play.succeed("p")
    before = snapshot(play.run)
    for seq, execution in late:
        assert play.say(CompleteTask(seq, execution, TaskResult.success({"late": 1}))) == []
        assert play.say(FireTimer(seq, execution)) == []
    assert snapshot(play.run) == before


def test_a_planner_that_is_tried_again_plans_anew_under_the_same_keys() -> None:
    play = planned(scope("a"), planner={"retry": Retry(1, delay=5)})
    play.fail("p/a/x")
    first = play.node("p/a").seq
    play.fail("p", "an item failed")
    again = taken_over(play)
    for one in (play, again):
        one.wait(5)
        one.ring("p")
        assert one.run.nodes.get(first) is None
        one.answer("p", plan(scope("a")))
        one.succeed("p/a/x", "p", "end")
        assert one.ended() is S.SUCCEEDED


def test_nothing_of_an_earlier_try_counts_after_a_takeover() -> None:
    play = planned(*scopes("ab"), planner={"retry": Retry(1, delay=5)})
    play.succeed("p/a/x", "p/b/x")
    play.fail("p")
    play.wait(5)
    play.ring("p")
    play.answer("p", plan(*scopes("a")))
    again = taken_over(play)
    assert again.executing == ["p/a/x"]
    assert again.run.find("p/b") is None


def test_a_jump_back_over_a_planner_plans_anew() -> None:
    play = Play(stage("a"), stage("p", "a"), stage("back", "p")).start()
    play.succeed("a")
    play.answer("p", plan(*scopes("ab")))
    play.succeed("p/a/x", "p/b/x", "p")
    play.answer("back", TaskResult.jump_to("p"))
    play.answer("p", plan(*scopes("ab")))
    again = taken_over(play)
    assert again.executing == ["p/a/x", "p/b/x"]
    again.succeed("p/a/x", "p/b/x", "p", "back")
    assert again.ended() is S.SUCCEEDED


def test_a_jump_inside_a_scope_stays_inside() -> None:
    play = planned(scope("k", stage("one"), stage("two", "one")), scope("other"))
    play.succeed("p/k/one")
    play.answer("p/k/two", TaskResult.jump_to("one"))
    assert play.executing == ["p/k/one", "p/other/x"]
    again = taken_over(play)
    again.succeed("p/k/one")
    again.answer("p/k/two", TaskResult.jump_to("end"))
    assert "cannot jump to 'end'" in str(again.node("p/k").record.failure)


@pytest.mark.parametrize("ref", ["", "p"])
def test_an_ended_run_that_is_tried_again_plans_anew(ref: str) -> None:
    play = planned(*scopes("ab"))
    play.fail("p/a/x")
    play.succeed("p/b/x")
    play.fail("p", "an item failed")
    assert play.ended() is S.FAILED
    again = Play(workflow=play.stored())
    for one in (play, again):
        one.say(RetryWorkflow(ref))
        assert one.executing == ["p"]
        one.answer("p", plan(*scopes("ab")))
        one.succeed("p/a/x", "p/b/x", "p", "end")
        assert one.ended() is S.SUCCEEDED


def test_a_run_that_has_ended_is_not_tried_again_from_inside() -> None:
    play = planned(scope("a"))
    play.fail("p/a/x")
    play.fail("p")
    before = snapshot(play.run)
    play.say(RetryWorkflow("p/a/x"))
    assert snapshot(play.run) == before


def test_a_paused_run_is_asked_for_no_stage_and_goes_on_with_all() -> None:
    play = deep()
    play.say(PauseWorkflow())
    play.succeed("p/o/q/i/x")
    assert play.executing == ["p/o/q", "p/o/y"]
    play.answer("p/o/q", plan(scope("later")))
    assert play.executing == ["p/o/y"]
    play.say(ResumeWorkflow())
    assert play.executing == ["p/o/y", "p/o/q/later/x"]


@pytest.mark.parametrize("steps", range(10))
def test_a_run_of_planners_is_taken_over_at_every_step(steps: int) -> None:
    play = Play(stage("p"), stage("end", "p")).start()
    story: list[tuple[str, TaskResult]] = [
        ("p", plan(scope("o", stage("q"), stage("y", "q")), scope("z"), limit=1)),
        ("p/o/q", plan(*scopes("ab"), limit=1, more=True)),
        ("p/o/q/a/x", TaskResult.success()),
        ("p/o/q/b/x", TaskResult.failed("no")),
        ("p/o/q", plan(scope("c"), limit=1)),
        ("p/o/q/c/x", TaskResult.success()),
        ("p/o/q", TaskResult.success()),
        ("p/o/y", TaskResult.success()),
        ("p/z/x", TaskResult.success()),
        ("p", TaskResult.success()),
        ("end", TaskResult.success()),
    ]
    for number, (path, result) in enumerate(story):
        assert play.executing == [path]
        play.answer(path, result)
        if number >= steps:
            play = taken_over(play)
    assert play.ended() is S.SUCCEEDED
    assert counters(Play(workflow=play.stored()).run) == counters(play.run)
    play.say(RecoverWorkflow())
    assert play.ended() is S.SUCCEEDED
