"""Stages planned while a run goes on: scopes run below their planner, and end, stop and fail together with it."""

from typing import Any

import pytest

from stageline.engine.handlers import default_handlers
from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    FireTimer,
    PauseWorkflow,
    RecoverWorkflow,
    ResumeWorkflow,
    StartStage,
)
from stageline.engine.run import Run
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from tests.unit.engine.play import Play, counters, stage

S = Status


def scope(key: str, *stages: StageExecution, **fields: Any) -> Scope:
    return Scope(key=key, stages=stages or [stage("x")], **fields)


def plan(*scopes: Scope, **fields: Any) -> TaskResult:
    return TaskResult.run_stages(Plan(scopes=scopes, **fields))


def planned(*scopes: Scope, **fields: Any) -> Play:
    """`p` has planned these scopes; `end` comes after it."""
    play = Play(stage("p", **fields.pop("stage", {})), stage("end", "p")).start()
    play.answer("p", plan(*scopes, **fields))
    return play


def pairs(*keys: str) -> list[Scope]:
    """Scopes of two stages each, one after the other."""
    return [scope(key, stage("x"), stage("y", "x")) for key in keys]


def test_planned_stages_run_and_then_their_planner_is_asked_again() -> None:
    play = planned(*pairs("one", "two"))
    assert play.executing == ["p/one/x", "p/two/x"]
    play.succeed("p/one/x", "p/one/y", "p/two/x", n=1)
    assert play.executing == ["p/two/y"]
    play.succeed("p/two/y")
    assert play.executing == ["p"]
    assert play.node("p/one").record.outputs["x"] == {"status": "SUCCEEDED", "outputs": {"n": 1}}
    play.succeed("p", "end")
    assert play.ended() is S.SUCCEEDED


def test_so_many_scopes_run_at_a_time_as_the_plan_says() -> None:
    play = planned(*(scope(key) for key in "abcde"), limit=2)
    assert play.executing == ["p/a/x", "p/b/x"]
    play.succeed("p/b/x")
    assert play.executing == ["p/a/x", "p/c/x"]


def test_a_planner_that_has_more_is_asked_while_there_is_room() -> None:
    play = planned(scope("a"), limit=2, more=True)
    assert play.executing == ["p", "p/a/x"]
    play.answer("p", plan(scope("b"), limit=2, more=True))
    assert play.executing == ["p/a/x", "p/b/x"]
    play.succeed("p/a/x")
    assert play.executing == ["p", "p/b/x"]


def test_a_halting_plan_starts_no_more_scopes_after_a_failure() -> None:
    play = planned(*(scope(key) for key in "abc"), limit=2, halt=True)
    play.fail("p/a/x")
    assert play.executing == ["p/b/x"]
    play.succeed("p/b/x")
    assert play.executing == ["p"]
    assert play.status("p/c") is S.NOT_STARTED


def test_a_scope_that_was_called_before_the_halt_does_not_begin_after_it() -> None:
    play = planned(scope("a"), scope("b"), limit=1, halt=True)
    play.fail("p/a/x")
    play.say(StartStage(play.node("p/b").seq))
    assert play.status("p/b") is S.NOT_STARTED


@pytest.mark.parametrize("first", [True, False])
def test_whether_a_plan_halts_is_what_it_said_last(first: bool) -> None:
    play = planned(scope("a"), scope("b"), halt=first, more=True, limit=3)
    play.fail("p/a/x")
    play.answer("p", plan(halt=not first, limit=3))
    assert counters(Play(workflow=play.stored()).run) == counters(play.run)


@pytest.mark.parametrize(
    "answer", [TaskResult.running(5), TaskResult.suspend(), TaskResult.success(), TaskResult.failed("no")]
)
def test_a_planner_that_answers_without_a_plan_ends_all_below_it(answer: TaskResult) -> None:
    play = planned(*pairs("one", "two"), more=True, limit=3, stage={"retry": 1})
    below = {ref: play.node(ref) for ref in ("p/one", "p/one/x", "p/two/x")}
    play.answer("p", answer)
    assert play.stopped == ["p/one/x", "p/two/x"]
    assert {node.record.status for node in below.values()} == {S.CANCELED}
    assert not any(ref.startswith("p/") for ref in play.executing)


def test_a_plan_that_cannot_be_followed_leaves_nothing_running() -> None:
    play = planned(scope("one"), more=True, limit=3)
    play.answer("p", plan(scope("one")))
    assert play.stopped == ["p/one/x"]
    assert play.ended() is S.FAILED


def test_a_planner_that_waits_for_something_else_is_cancelled_at_once() -> None:
    for answer in (TaskResult.running(5), TaskResult.suspend(), TaskResult.failed("no")):
        play = planned(scope("one"), stage={"retry": 1})
        play.succeed("p/one/x")
        play.answer("p", answer)
        play.say(CancelWorkflow("enough"))
        assert play.ended() is S.CANCELED


def test_a_failure_inside_does_not_stop_the_run() -> None:
    play = planned(scope("a"), scope("b"))
    play.fail("p/a/x")
    assert play.status("p/a") is S.FAILED
    assert play.executing == ["p/b/x"]


def test_a_cancelled_planner_stops_all_below_it() -> None:
    play = planned(*pairs("one", "two"))
    play.say(CancelStage("p", "enough"))
    assert play.stopped == ["p/one/x", "p/two/x"]
    assert play.status("p") is S.RUNNING
    for ref in ("p/one/x", "p/two/x"):
        play.answer(ref, TaskResult.canceled("enough"))
    assert play.executing == ["p"]
    play.answer("p", TaskResult.canceled("enough"))
    assert play.status("p") is S.CANCELED


def test_what_is_done_all_the_same_starts_nothing_in_a_scope_that_is_being_stopped() -> None:
    play = planned(*pairs("one"), scope("two"), limit=1)
    play.say(CancelStage("p", "enough"))
    play.succeed("p/one/x")
    assert play.executed == ["p", "p/one/x", "p"]
    assert play.status("p/one") is S.CANCELED
    play.answer("p", TaskResult.canceled("enough"))
    assert play.status("p") is S.CANCELED


def test_a_cancelled_run_stops_all_below_its_stages() -> None:
    play = planned(*pairs("one", "two"), limit=1)
    play.say(CancelWorkflow("enough"))
    play.answer("p/one/x", TaskResult.canceled("enough"))
    play.answer("p", TaskResult.canceled("enough"))
    assert play.ended() is S.CANCELED


def test_a_stopped_planner_is_asked_once_more_and_may_run_what_is_shielded() -> None:
    play = planned(scope("try"))
    play.say(CancelWorkflow("enough"))
    play.answer("p/try/x", TaskResult.canceled("enough"))
    assert play.executing == ["p"]
    play.answer("p", plan(scope("never"), scope("finally", shielded=True)))
    assert play.executing == ["p/finally/x"]
    play.succeed("p/finally/x")
    play.answer("p", TaskResult.canceled("enough"))
    assert play.ended() is S.CANCELED


def finally_running(*stages: StageExecution) -> Play:
    """A run that is being cancelled while a shielded scope of these stages runs."""
    play = planned(scope("try"))
    play.say(CancelWorkflow("enough"))
    play.answer("p/try/x", TaskResult.canceled("enough"))
    play.answer("p", plan(scope("finally", *stages, shielded=True)))
    return play


def test_what_is_shielded_may_wait_and_be_tried_again() -> None:
    play = finally_running(stage("x", retry=1))
    play.fail("p/finally/x")
    play.wait(600)
    play.ring("p/finally/x")
    assert play.executing == ["p/finally/x"]
    play.answer("p/finally/x", TaskResult.running(5))
    play.wait(5)
    play.ring("p/finally/x")
    play.succeed("p/finally/x")
    play.answer("p", TaskResult.canceled("enough"))
    assert play.ended() is S.CANCELED


def test_what_is_shielded_goes_on_in_a_paused_run_only_if_that_is_being_stopped() -> None:
    play = planned(scope("a", stage("x"), stage("y", "x"), shielded=True))
    play.say(PauseWorkflow())
    play.succeed("p/a/x")
    assert play.executing == []
    play.say(ResumeWorkflow())
    assert play.executing == ["p/a/y"]


def test_a_shielded_scope_runs_even_if_its_turn_had_not_come() -> None:
    play = Play(stage("p"), stage("other")).start()
    play.say(PauseWorkflow())
    play.answer("p", plan(scope("first"), scope("second"), scope("finally", shielded=True), limit=1))
    play.say(CancelWorkflow("enough"))
    assert play.executing == ["other", "p/finally/x"]
    assert play.status("p/second") is S.CANCELED


def test_a_stopped_planner_that_is_taken_over_is_asked_again() -> None:
    play = planned(scope("try"))
    play.say(CancelWorkflow("enough"))
    play.answer("p/try/x", TaskResult.canceled("enough"))
    assert play.executing == ["p"]
    play.say(RecoverWorkflow())
    assert play.executing == ["p"]
    play.answer("p", plan(scope("finally", shielded=True)))
    assert play.executing == ["p/finally/x"]


def test_a_planner_that_fails_and_is_tried_again_plans_anew_and_leaves_nothing_running() -> None:
    play = planned(*pairs("one"), stage={"retry": 1}, more=True)
    assert play.executing == ["p", "p/one/x"]
    play.fail("p")
    assert play.stopped == ["p/one/x"]
    play.wait(600)
    play.ring("p")
    play.answer("p", plan(scope("one")))
    assert play.executing == ["p/one/x"]


def test_a_jump_forgets_what_was_planned() -> None:
    play = Play(stage("a"), stage("p", "a"), stage("b", "a")).start()
    play.succeed("a")
    play.answer("p", plan(scope("one")))
    late = play.node("p/one/x").seq
    play.answer("b", TaskResult.jump_to("a"))
    assert play.stopped == ["p/one/x"]
    assert late not in play.run.nodes
    play.succeed("a")
    play.answer("p", plan(scope("one")))
    assert play.executing == ["b", "p/one/x"]


def test_a_timer_below_a_stage_that_has_ended_belongs_to_nobody() -> None:
    play = planned(scope("one"))
    late = play.node("p/one/x").seq
    play.succeed("p/one/x", "p")
    assert FireTimer(late, 1).stage not in play.run.nodes
    assert FireTimer in default_handlers()


def test_counters_below_are_those_of_a_loaded_run() -> None:
    play = planned(*pairs("one", "two"), limit=1, halt=True)
    play.succeed("p/one/x")
    play.fail("p/one/y")
    again = Play(workflow=play.stored())
    assert counters(again.run) == counters(play.run)
    assert isinstance(again.run, Run)


def test_a_plan_that_cannot_be_followed_fails_its_stage() -> None:
    for bad in (plan(), plan(scope("a"), scope("a")), plan(scope("a", stage("x", "nobody")))):
        play = Play(stage("p", retry=3)).start()
        play.answer("p", bad)
        assert "the plan cannot be followed" in str(play.node("p").record.failure)
        assert play.ended() is S.FAILED
