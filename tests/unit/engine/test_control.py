"""What people do to a run: cancel it or one of its stages, hold it, and let it go on."""

import pytest

from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    CompleteTask,
    PauseWorkflow,
    ResumeWorkflow,
    SetTimer,
    StartWorkflow,
    Stop,
)
from stageline.model.join import Join
from stageline.model.result import TaskResult
from stageline.model.status import Status
from tests.unit.engine.play import SECOND, Play, snapshot, stage, tasks

S = Status


def test_a_cancelled_run_stops_its_work_and_ends_when_that_is_gone() -> None:
    play = Play(stage("a"), stage("b"), stage("c", "a")).start()
    assert play.say(CancelWorkflow("enough")) == [Stop(0, 1, "enough"), Stop(1, 1, "enough")]
    assert play.ended() is None
    play.answer("a", TaskResult.canceled("enough"))
    play.answer("b", TaskResult.canceled("enough"))
    assert play.ended() is S.CANCELED
    assert str(play.run.record.failure) == "enough"
    assert play.status("c") is S.NOT_STARTED


def test_what_was_done_all_the_same_counts_but_starts_nothing() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.say(CancelWorkflow())
    play.succeed("a", n=1)
    assert play.statuses == {"a": S.SUCCEEDED, "b": S.NOT_STARTED}
    assert play.ended() is S.CANCELED


@pytest.mark.parametrize(
    "result", [TaskResult.running(5), TaskResult.suspend(), TaskResult.jump_to("a")], ids=["poll", "suspend", "jump"]
)
def test_what_would_have_gone_on_is_cancelled(result: TaskResult) -> None:
    play = Play(stage("a")).start()
    play.say(CancelWorkflow("enough"))
    play.answer("a", result)
    assert (play.status("a"), str(play.node("a").record.failure)) == (S.CANCELED, "enough")
    assert play.ended() is S.CANCELED


def test_the_next_task_of_a_cancelled_stage_does_not_begin_and_the_done_one_stays_done() -> None:
    play = Play(stage("a", tasks=tasks("one", "two"))).start()
    play.say(CancelWorkflow())
    play.succeed("a", n=1)
    record = play.node("a").record
    assert (record.status, record.outputs) == (S.CANCELED, {"n": 1})
    assert [task.status for task in record.tasks] == [S.SUCCEEDED]


def test_what_waits_is_cancelled_at_once() -> None:
    play = Play(stage("a"), stage("b"), stage("c", retry=1)).start()
    play.answer("a", TaskResult.suspend())
    play.answer("b", TaskResult.running(60))
    play.fail("c")
    assert play.say(CancelWorkflow()) == []
    assert set(play.statuses.values()) == {S.CANCELED}
    assert play.ended() is S.CANCELED


def test_a_run_is_cancelled_once_and_an_ended_one_not_at_all() -> None:
    play = Play(stage("a")).start()
    play.say(CancelWorkflow("first"))
    assert play.say(CancelWorkflow("second")) == []
    play.answer("a", TaskResult.canceled())
    assert str(play.run.record.failure) == "first"
    was = snapshot(play.run)
    assert play.say(CancelWorkflow("third"), PauseWorkflow(), ResumeWorkflow()) == []
    assert snapshot(play.run) == was


def test_a_run_that_was_never_started_can_be_cancelled() -> None:
    play = Play(stage("a"))
    play.say(CancelWorkflow())
    assert play.ended() is S.CANCELED
    play.start()
    assert play.executed == []


def test_a_cancelled_stage_is_asked_to_go_and_what_does_not_need_it_goes_on() -> None:
    play = Play(stage("a"), stage("b"), stage("c", "a"), stage("d", "b")).start()
    assert play.say(CancelStage("a", "not today")) == [Stop(0, 1, "not today")]
    assert play.say(CancelStage("a", "again")) == []
    play.answer("a", TaskResult.canceled("not today"))
    play.succeed("b", "d")
    assert play.statuses == {"a": S.CANCELED, "b": S.SUCCEEDED, "c": S.NOT_STARTED, "d": S.SUCCEEDED}
    assert play.ended() is S.CANCELED


def test_a_stage_can_be_cancelled_before_it_starts() -> None:
    play = Play(stage("a"), stage("b", "a"), stage("c", "b")).start()
    play.say(CancelStage("b"))
    play.succeed("a")
    assert play.executed == ["a"]
    assert play.statuses == {"a": S.SUCCEEDED, "b": S.CANCELED, "c": S.NOT_STARTED}
    assert play.ended() is S.CANCELED


def test_cancelling_the_last_hope_of_a_run_ends_it() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.answer("a", TaskResult.suspend())
    play.say(CancelStage("a"))
    assert play.ended() is S.CANCELED


def test_a_stage_of_a_run_that_has_not_started_can_be_cancelled_and_the_others_start() -> None:
    play = Play(stage("a"), stage("b"), stage("c", "b"))
    play.say(CancelStage("a"))
    play.start()
    assert play.executing == ["b"]
    play.succeed("b", "c")
    assert play.ended() is S.CANCELED


def test_cancelling_the_only_stage_before_the_start_ends_the_run() -> None:
    play = Play(stage("a"), stage("b", "a"))
    play.say(CancelStage("a"), StartWorkflow())
    assert play.ended() is S.CANCELED


def test_a_cancelled_branch_leaves_a_join_that_can_be_met_without_it() -> None:
    play = Play(stage("a"), stage("b"), stage("end", "a", "b", join=Join.any())).start()
    play.answer("a", TaskResult.suspend())
    play.say(CancelStage("a"))
    play.succeed("b", "end")
    assert play.ended() is S.SUCCEEDED


@pytest.mark.parametrize("ref", ["done", "nobody"])
def test_a_stage_that_ended_or_is_unknown_cannot_be_cancelled(ref: str) -> None:
    play = Play(stage("done"), stage("other")).start()
    play.succeed("done")
    was = snapshot(play.run)
    assert play.say(CancelStage(ref)) == []
    assert snapshot(play.run) == was


def test_a_paused_run_starts_nothing_and_lets_finish_what_runs() -> None:
    play = Play(stage("a", tasks=tasks("one", "two")), stage("b", "a")).start()
    play.say(PauseWorkflow())
    play.succeed("a")
    assert play.executing == ["a"]
    play.succeed("a")
    assert play.executing == []
    assert play.run.record.status is S.PAUSED
    play.say(ResumeWorkflow())
    assert play.executing == ["b"]


def test_a_run_can_end_while_it_is_paused() -> None:
    play = Play(stage("a")).start()
    play.say(PauseWorkflow())
    play.succeed("a")
    assert play.ended() is S.SUCCEEDED


def test_pause_and_resume_happen_once_however_often_they_are_said() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.say(PauseWorkflow(), PauseWorkflow())
    play.succeed("a")
    play.say(ResumeWorkflow(), ResumeWorkflow())
    assert play.executed == ["a", "b"]


def test_a_run_that_has_not_begun_cannot_be_paused() -> None:
    play = Play(stage("a"))
    play.say(PauseWorkflow())
    play.start()
    assert play.executing == ["a"]


def test_a_paused_run_can_be_cancelled() -> None:
    play = Play(stage("a")).start()
    play.answer("a", TaskResult.suspend())
    play.say(PauseWorkflow(), CancelWorkflow())
    assert play.ended() is S.CANCELED


def test_a_failure_while_paused_waits_for_its_next_try_until_the_run_goes_on() -> None:
    play = Play(stage("a", retry=1)).start()
    play.say(PauseWorkflow())
    play.fail("a")
    play.wait(600)
    assert play.ring("a") == []
    [timer] = play.say(ResumeWorkflow())
    assert isinstance(timer, SetTimer)
    assert timer.at <= play.run.now - 500 * SECOND
    play.ring("a")
    assert play.executing == ["a"]


def test_an_answer_after_the_end_changes_nothing() -> None:
    play = Play(stage("a"), stage("b")).start()
    play.fail("a")
    play.answer("b", TaskResult.canceled())
    was = snapshot(play.run)
    assert play.say(CompleteTask(1, 1, TaskResult.success())) == []
    assert snapshot(play.run) == was
