"""What a failure does to its run: stop it at once, let the rest go on, or do nothing at all."""

import pytest

from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.unit.engine.play import Play, stage

S = Status


def test_a_failed_stage_fails_its_run_with_its_reason() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.answer("a", TaskResult.failed(Failure("exit code 3", Cause.EXIT, code=3)))
    assert play.ended() is S.FAILED
    assert play.statuses == {"a": S.FAILED, "b": S.NOT_STARTED}
    assert str(play.run.record.failure) == "stage 'a' failed: exit code 3"
    assert play.node("a").record.failure == Failure("exit code 3", Cause.EXIT, code=3)


def test_fail_fast_stops_what_runs_and_starts_nothing_new() -> None:
    play = Play(stage("a"), stage("b"), stage("c"), stage("d", "b")).start()
    play.answer("c", TaskResult.suspend())
    play.fail("a")
    assert play.stopped == ["b"]
    assert play.ended() is None
    assert play.status("c") is S.CANCELED
    play.answer("b", TaskResult.canceled("stopped"))
    assert play.statuses == {"a": S.FAILED, "b": S.CANCELED, "c": S.CANCELED, "d": S.NOT_STARTED}
    assert play.ended() is S.FAILED


def test_the_first_failure_stays_the_reason() -> None:
    play = Play(stage("a"), stage("b")).start()
    play.fail("a", "first")
    play.fail("b", "second")
    assert str(play.run.record.failure) == "stage 'a' failed: first"


def test_keep_going_runs_all_that_does_not_need_the_failed_one() -> None:
    play = Play(stage("a"), stage("b"), stage("c", "b"), stage("d", "a"), on_failure="keep-going").start()
    play.fail("a")
    assert play.executing == ["b"]
    play.succeed("b", "c")
    assert play.statuses == {"a": S.FAILED, "b": S.SUCCEEDED, "c": S.SUCCEEDED, "d": S.NOT_STARTED}
    assert play.ended() is S.FAILED
    assert str(play.run.record.failure) == "stage 'a' failed: broken"


def test_keep_going_names_several_failures_and_counts_the_rest() -> None:
    play = Play(*(stage(ref) for ref in "abcde"), on_failure="keep-going").start()
    for ref in "abcde":
        play.fail(ref)
    assert str(play.run.record.failure) == (
        "stage 'a' failed: broken; stage 'b' failed: broken; stage 'c' failed: broken and 2 more"
    )


def test_a_stage_that_may_fail_lets_the_rest_go_on() -> None:
    play = Play(stage("a", on_failure="continue"), stage("b", "a")).start()
    play.answer("a", TaskResult.failed("broken", {"log": "x"}))
    assert play.status("a") is S.FAILED_CONTINUE
    assert play.node("a").record.outputs == {"log": "x"}
    play.succeed("b")
    assert play.ended() is S.SUCCEEDED


def test_a_stage_that_may_fail_is_retried_first() -> None:
    play = Play(stage("a", on_failure="continue", retry=1)).start()
    play.fail("a")
    assert play.status("a") is S.RUNNING


@pytest.mark.parametrize("result", [TaskResult.jump_to("nowhere"), TaskResult(S.RUNNING, child="nonsense")])
def test_a_stage_that_may_fail_may_answer_nonsense_too(result: TaskResult) -> None:
    play = Play(stage("a", on_failure="continue"), stage("b", "a")).start()
    play.answer("a", result)
    assert play.status("a") is S.FAILED_CONTINUE
    assert play.executing == ["b"]


def test_a_failure_without_a_reason_says_so() -> None:
    play = Play(stage("a")).start()
    play.answer("a", TaskResult(Status.FAILED))
    assert str(play.run.record.failure) == "stage 'a' failed: failed without a reason"


def test_a_task_that_gives_up_cancels_its_stage_and_so_its_run() -> None:
    play = Play(stage("a"), stage("b", "a"), stage("c")).start()
    play.answer("a", TaskResult.canceled("no more data"))
    assert play.executing == ["c"]
    play.succeed("c")
    assert play.ended() is S.CANCELED
    assert str(play.run.record.failure) == "stage 'a' was canceled: no more data"


def test_a_failed_stage_behind_which_nothing_hopes_does_not_outlive_the_end() -> None:
    workflow = Workflow.create("w", [stage("a")], id="run")
    play = Play(workflow=workflow).start()
    play.fail("a")
    assert play.run.record.stopping is None
    assert play.run.is_over
