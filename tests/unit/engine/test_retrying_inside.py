"""A retry of a run goes on inside of stages that resume: what has ended well below them is kept."""

from typing import Any

from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    PauseWorkflow,
    ResumeWorkflow,
    RetryWorkflow,
    StartStage,
)
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from tests.unit.engine.planning import plan, scope, scopes, taken_over
from tests.unit.engine.play import Play, stage

S = Status
AGAIN = RetryWorkflow()


def resuming(*stages: StageExecution, **fields: Any) -> Play:
    """A run of a planner `p` that resumes, and of what comes after it."""
    return Play(stage("p", resumes=True, **fields), *(stages or [stage("end", "p")])).start()


def test_only_the_scopes_that_ended_badly_run_again_and_in_them_the_stages_that_did() -> None:
    play = resuming()
    play.answer("p", plan(scope("a"), scope("b", stage("x"), stage("y", "x"), stage("z", "y"))))
    play.succeed("p/a/x", "p/b/x", n=1)
    play.fail("p/b/y")
    play.fail("p")
    assert play.ended() is S.FAILED
    play.say(AGAIN)
    assert play.executing == ["p/b/y"]
    assert play.status("p") is S.RUNNING
    assert play.status("p/a") is S.SUCCEEDED
    play.succeed("p/b/y", "p/b/z")
    assert play.executing == ["p"]
    play.succeed("p", "end")
    assert play.ended() is S.SUCCEEDED
    assert play.executed.count("p/a/x") == play.executed.count("p/b/x") == 1


def test_it_does_so_when_the_run_was_loaded_anew_before_and_after() -> None:
    play = resuming()
    play.answer("p", plan(*scopes("ab")))
    play.succeed("p/a/x")
    play.fail("p/b/x")
    play.fail("p")
    again = taken_over(play)
    again.say(AGAIN)
    assert again.executing == ["p/b/x"]
    last = taken_over(again)
    last.succeed("p/b/x", "p", "end")
    assert last.ended() is S.SUCCEEDED


def test_the_limit_holds_for_scopes_that_run_again() -> None:
    play = resuming()
    play.answer("p", plan(*scopes("abc"), limit=1))
    for key in "abc":
        play.fail(f"p/{key}/x")
    play.fail("p")
    play.say(AGAIN)
    assert play.executing == ["p/a/x"]
    play.succeed("p/a/x")
    assert play.executing == ["p/b/x"]


def test_a_plan_that_had_halted_goes_on_and_its_planner_is_asked_for_more() -> None:
    play = resuming()
    play.answer("p", plan(*scopes("ab"), limit=1, halt=True, more=True))
    play.fail("p/a/x")
    play.fail("p")
    play.say(AGAIN)
    play.succeed("p/a/x", "p/b/x")
    assert play.executing == ["p"]
    play.answer("p", plan(scope("c"), limit=1, halt=True))
    play.succeed("p/c/x", "p", "end")
    assert play.ended() is S.SUCCEEDED


def test_it_goes_on_at_any_depth_and_begins_anew_what_does_not_resume() -> None:
    play = resuming()
    play.answer("p", plan(scope("a", stage("q", resumes=True), stage("r"))))
    play.answer("p/a/q", plan(*scopes("st")))
    play.answer("p/a/r", plan(*scopes("uv")))
    for path in ("p/a/q/s/x", "p/a/r/u/x"):
        play.succeed(path)
    for path in ("p/a/q/t/x", "p/a/r/v/x", "p/a/q", "p/a/r", "p"):
        play.fail(path)
    play.say(AGAIN)
    assert sorted(play.executing) == ["p/a/q/t/x", "p/a/r"]
    play.succeed("p/a/r", "p/a/q/t/x", "p/a/q", "p", "end")
    assert play.ended() is S.SUCCEEDED


def test_a_canceled_loop_goes_on_where_it_was() -> None:
    play = resuming()
    play.answer("p", plan(*scopes("abc"), limit=1))
    play.succeed("p/a/x")
    play.say(CancelWorkflow("enough"))
    play.answer("p/b/x", TaskResult.canceled())
    play.answer("p", TaskResult.canceled())
    assert play.ended() is S.CANCELED
    play.say(AGAIN)
    assert play.executing == ["p/b/x"]
    play.succeed("p/b/x", "p/c/x", "p", "end")
    assert play.ended() is S.SUCCEEDED


def test_a_planner_that_failed_by_itself_begins_anew() -> None:
    play = resuming()
    play.answer("p", plan(*scopes("a")))
    play.succeed("p/a/x")
    play.fail("p")
    play.say(AGAIN)
    assert play.executing == ["p"]
    play.answer("p", plan(*scopes("a")))
    assert play.executing == ["p/a/x"]


def test_a_stage_that_does_not_resume_begins_anew() -> None:
    play = Play(stage("p")).start()
    play.answer("p", plan(*scopes("ab")))
    play.succeed("p/a/x")
    play.fail("p/b/x")
    play.fail("p")
    play.say(AGAIN)
    assert play.executing == ["p"]


def test_from_the_stage_itself_all_of_it_runs_again() -> None:
    play = resuming()
    play.answer("p", plan(*scopes("ab")))
    play.succeed("p/a/x")
    play.fail("p/b/x")
    play.fail("p")
    play.say(RetryWorkflow("p"))
    assert play.executing == ["p"]
    play.answer("p", plan(*scopes("ab")))
    assert play.executing == ["p/a/x", "p/b/x"]


def test_time_counts_anew() -> None:
    play = resuming(timeout=5)
    play.answer("p", plan(*scopes("ab")))
    play.wait(5)
    play.ring("p")
    play.answer("p/a/x", TaskResult.canceled())
    play.answer("p/b/x", TaskResult.canceled())
    play.answer("p", TaskResult.canceled())
    assert play.ended() is S.FAILED
    play.wait(60)
    play.say(AGAIN)
    assert play.executing == ["p/a/x", "p/b/x"]
    assert play.node("p").record.wake_at == play.run.now + 5_000_000
    play.wait(5)
    play.ring("p")
    assert play.stopped[-2:] == ["p/a/x", "p/b/x"]


def test_attempts_count_anew() -> None:
    play = resuming()
    play.answer("p", plan(scope("a", stage("x", retry=1))))
    play.fail("p/a/x")
    play.wait(600)
    play.ring("p/a/x")
    play.fail("p/a/x")
    play.fail("p")
    play.say(AGAIN)
    play.fail("p/a/x")
    assert play.status("p/a/x") is S.RUNNING


def test_it_can_be_retried_time_and_again() -> None:
    play = resuming()
    play.answer("p", plan(*scopes("ab")))
    play.succeed("p/a/x")
    for _ in range(3):
        play.fail("p/b/x")
        play.fail("p")
        assert play.ended() is S.FAILED
        play.say(AGAIN)
    play.succeed("p/b/x", "p", "end")
    assert play.ended() is S.SUCCEEDED
    assert play.executed.count("p/a/x") == 1


def test_a_retry_that_is_canceled_before_the_stage_begins_can_be_retried() -> None:
    play = Play(stage("first"), stage("p", resumes=True)).start()
    play.answer("p", plan(*scopes("ab")))
    play.succeed("p/a/x")
    play.say(CancelWorkflow("enough"))
    for ref in ("first", "p/b/x", "p"):
        play.answer(ref, TaskResult.canceled())
    play.say(AGAIN, PauseWorkflow(), ResumeWorkflow(), CancelStage("p/b/x"))
    play.answer("p/b/x", TaskResult.canceled())
    play.answer("p", TaskResult.canceled())
    play.succeed("first")
    play.say(AGAIN)
    assert play.executing == ["p/b/x"]


def test_below_a_stage_that_has_ended_nothing_starts() -> None:
    play = resuming()
    play.answer("p", plan(scope("a", stage("x"), stage("y"), stage("z", "y"))))
    play.fail("p/a/x")
    play.succeed("p/a/y", "p/a/z")
    play.fail("p")
    for path in ("p/a/x", "p/a/z", "p/a"):
        assert play.say(StartStage(play.node(path).seq)) == []
