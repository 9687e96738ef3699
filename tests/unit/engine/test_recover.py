"""A run that is taken over goes on where it was: only what was being executed is executed again."""

from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    CompleteTask,
    PauseWorkflow,
    RecoverWorkflow,
    SetTimer,
    Signal,
)
from stageline.model.result import TaskResult
from stageline.model.status import Status
from tests.unit.engine.play import Play, snapshot, stage
from tests.unit.engine.test_children import CHILD

S = Status


def taken_over(play: Play, *held: int) -> Play:
    """The run as another processor takes it up from the store."""
    again = Play(workflow=play.stored())
    again.run.now = play.run.now
    again.say(RecoverWorkflow(held))
    return again


def test_what_was_being_executed_is_executed_again_and_what_was_done_is_not() -> None:
    play = Play(stage("a"), stage("b", "a"), stage("c", "a")).start()
    play.succeed("a")
    again = taken_over(play)
    assert again.executed == ["b", "c"]
    assert [again.node(ref).record.execution for ref in "abc"] == [1, 2, 2]
    assert again.node("b").record.attempt == 1
    again.succeed("b", "c")
    assert again.ended() is S.SUCCEEDED


def test_the_answer_to_the_former_processor_is_late() -> None:
    again = taken_over(Play(stage("a")).start())
    again.say(CompleteTask(0, 1, TaskResult.success({"zombie": True})))
    assert again.executing == ["a"]


def test_what_others_hold_is_left_to_them() -> None:
    play = Play(stage("a"), stage("b")).start()
    again = taken_over(play, 1)
    assert again.executed == ["a"]
    again.say(CompleteTask(1, 1, TaskResult.success()))
    assert again.status("b") is S.SUCCEEDED


def test_stages_that_could_start_are_started() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.succeed("a")
    play.node("b").record = play.workflow.stages[1].record
    assert taken_over(play).executing == ["b"]


def test_timers_are_set_again_for_the_time_that_was_set() -> None:
    play = Play(stage("a")).start()
    [timer] = play.answer("a", TaskResult.running(60))
    play.wait(30)
    again = taken_over(play)
    assert again.effects == [timer]
    assert isinstance(timer, SetTimer)


def test_a_wait_for_a_signal_or_a_child_goes_on() -> None:
    play = Play(stage("a"), stage("b")).start()
    play.answer("a", TaskResult.suspend())
    play.answer("b", TaskResult.run_workflow(CHILD))
    again = taken_over(play)
    assert again.effects == []
    assert again.statuses == play.statuses
    again.say(Signal("a"))
    assert again.executing == ["a"]


def test_what_was_being_stopped_is_cancelled() -> None:
    play = Play(stage("a"), stage("b")).start()
    play.say(CancelStage("a", "enough"))
    again = taken_over(play)
    assert again.executed == ["b"]
    assert (again.status("a"), str(again.node("a").record.failure)) == (S.CANCELED, "enough")


def test_a_run_that_was_being_cancelled_ends() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.say(CancelWorkflow())
    again = taken_over(play)
    assert again.executed == []
    assert again.ended() is S.CANCELED


def test_a_paused_run_stays_paused_and_lets_finish_what_ran() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.say(PauseWorkflow())
    again = taken_over(play)
    assert again.executing == ["a"]
    again.succeed("a")
    assert again.executing == []
    assert again.run.record.status is S.PAUSED


def test_a_run_that_has_ended_or_not_begun_is_left_as_it_is() -> None:
    new = Play(stage("a"))
    ended = Play(stage("a")).start()
    ended.succeed("a")
    for play in (new, ended):
        was = snapshot(play.run)
        assert play.say(RecoverWorkflow()) == []
        assert snapshot(play.run) == was


def test_taking_over_twice_does_no_harm() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    again = taken_over(taken_over(play))
    again.succeed("a", "b")
    assert again.ended() is S.SUCCEEDED
