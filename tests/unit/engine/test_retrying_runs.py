"""A run that has ended goes on: with what failed, or from a stage. What succeeded is kept."""

from stageline.engine.inputs import names_of
from stageline.engine.messages import CancelWorkflow, RetryWorkflow
from stageline.model.join import Join
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.folding import folded
from tests.unit.engine.play import Play, snapshot, stage

S = Status


def failed() -> Play:
    """a has succeeded, b has failed, c was cancelled for it, d needs both."""
    play = Play(stage("a"), stage("b", "a"), stage("c", "a"), stage("d", "b", "c")).start()
    play.succeed("a", n=1)
    play.fail("b")
    play.answer("c", TaskResult.canceled())
    return play


def test_failed_and_cancelled_stages_run_again_and_succeeded_ones_are_kept() -> None:
    play = failed()
    assert play.ended() is S.FAILED
    play.say(RetryWorkflow())
    assert play.run.record.status is S.RUNNING
    assert play.executing == ["b", "c"]
    assert play.node("a").record.outputs == {"n": 1}
    play.succeed("b", "c", "d")
    assert play.ended() is S.SUCCEEDED
    assert play.run.record.failure is None
    assert play.executed.count("a") == 1


def test_a_stage_that_is_retried_has_all_its_attempts_again() -> None:
    play = Play(stage("a", retry=1)).start()
    play.fail("a")
    play.wait(600)
    play.ring("a")
    play.fail("a")
    play.say(RetryWorkflow())
    record = play.node("a").record
    assert (record.attempt, record.round, record.execution) == (1, 1, 3)
    play.fail("a")
    assert play.status("a") is S.RUNNING


def test_a_cancelled_run_goes_on_with_what_had_not_begun() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.say(CancelWorkflow())
    play.succeed("a")
    play.say(RetryWorkflow())
    assert play.executing == ["b"]
    play.succeed("b")
    assert play.ended() is S.SUCCEEDED


def test_from_a_stage_on_everything_runs_again() -> None:
    play = Play(stage("a"), stage("b", "a"), stage("c", "b"), stage("other", "a")).start()
    play.succeed("a", "b", "c", "other")
    play.say(RetryWorkflow("b"))
    assert play.statuses == {"a": S.SUCCEEDED, "b": S.RUNNING, "c": S.NOT_STARTED, "other": S.SUCCEEDED}
    play.succeed("b", "c")
    assert play.ended() is S.SUCCEEDED


def test_from_a_stage_whose_needs_failed_nothing_can_run() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.fail("a")
    play.say(RetryWorkflow("b"))
    assert play.executed == ["a"]
    assert play.ended() is S.FAILED


def test_a_failure_that_did_no_harm_is_left_alone() -> None:
    play = Play(stage("a"), stage("b"), stage("any", "a", "b", join=Join.any()), stage("end", "any")).start()
    play.fail("a")
    play.succeed("b", "any")
    play.fail("end")
    play.say(RetryWorkflow())
    assert play.executing == ["end"]
    assert play.status("a") is S.FAILED


def test_retrying_a_run_that_succeeded_ends_it_again_as_it_was() -> None:
    play = Play(stage("a")).start()
    play.succeed("a")
    play.say(RetryWorkflow())
    assert play.executed == ["a"]
    assert play.ended() is S.SUCCEEDED


def test_an_unknown_stage_is_no_reason_to_run_another_one() -> None:
    play = failed()
    was = snapshot(play.run)
    assert play.say(RetryWorkflow("nobody")) == []
    assert snapshot(play.run) == was


def test_a_run_that_has_not_ended_is_not_retried() -> None:
    play = Play(stage("a")).start()
    assert play.say(RetryWorkflow()) == []
    assert play.executed == ["a"]


def test_jumps_are_counted_anew_after_a_retry() -> None:
    play = Play(stage("a", max_jumps=1)).start()
    play.answer("a", TaskResult.jump_to("a"))
    play.answer("a", TaskResult.jump_to("a"))
    assert play.ended() is S.FAILED
    play.say(RetryWorkflow())
    play.answer("a", TaskResult.jump_to("a"))
    assert play.executing == ["a"]


def test_a_retry_may_change_what_the_stages_see_and_the_run_remembers_it() -> None:
    seen = {"params": {"n": 1}, "folder": "/project"}
    play = Play(workflow=Workflow.create("w", [stage("a")], id="run", names=seen)).start()
    play.fail("a")
    play.say(RetryWorkflow(names={"params": {"n": 2}}))
    changed = {"params": {"n": 2}, "folder": "/project"}
    assert names_of(play.run, play.node("a")) == changed
    stored = play.stored()
    assert (stored.names, stored.names_now) == (seen, changed)


def test_a_second_retry_keeps_what_the_first_has_changed() -> None:
    play = Play(stage("a")).start()
    for names in ({"x": 1}, {"y": 2}, {}):
        play.fail("a")
        play.say(RetryWorkflow(names=names))
    assert play.run.record.names == {"x": 1, "y": 2}


def test_the_log_alone_tells_what_a_retry_has_changed() -> None:
    play = Play(stage("a")).start()
    play.fail("a")
    play.say(RetryWorkflow(names={"x": 1}))
    assert folded(play.workflow, play.events).record.names == {"x": 1}
