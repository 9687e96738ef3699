"""The plain life of a run: start, one stage after the other, several at a time, the tasks of a stage, and the end."""

import pytest

from stageline.engine.events import RunEnded, RunStarted, StageEnded, StageStarted
from stageline.engine.messages import CompleteWorkflow, Execute, RunTask, StartStage, StartTask, StartWorkflow
from stageline.model.result import TaskResult
from stageline.model.status import Status
from tests.unit.engine.play import Play, stage, tasks

S = Status


def test_a_chain_runs_one_stage_after_the_other() -> None:
    play = Play(stage("a"), stage("b", "a"), stage("c", "b")).start()
    for ref in "abc":
        assert play.executing == [ref]
        play.succeed(ref)
    assert play.executed == ["a", "b", "c"]
    assert play.ended() is S.SUCCEEDED


def test_the_log_of_a_run_tells_each_step_with_its_time() -> None:
    play = Play(stage("a")).start()
    play.wait(2)
    play.succeed("a", n=1)
    assert play.events == [
        RunStarted(1_000_000),
        StageStarted(1_000_000, 0),
        StageEnded(3_000_000, 0, S.SUCCEEDED, {"n": 1}),
        RunEnded(3_000_000, S.SUCCEEDED),
    ]


def test_times_and_outputs_are_on_record() -> None:
    play = Play(stage("a")).start()
    play.wait(2)
    play.succeed("a", n=1)
    record = play.node("a").record
    assert (record.started_at, record.ended_at, record.outputs) == (1_000_000, 3_000_000, {"n": 1})
    assert (play.run.record.started_at, play.run.record.ended_at) == (1_000_000, 3_000_000)


def test_a_fan_out_runs_at_once_and_its_join_after_the_last() -> None:
    play = Play(stage("a"), *(stage(f"b{n}", "a") for n in range(5)), stage("c", *(f"b{n}" for n in range(5)))).start()
    play.succeed("a")
    assert play.executing == ["b0", "b1", "b2", "b3", "b4"]
    for ref in ("b3", "b0", "b4", "b2"):
        play.succeed(ref)
    assert play.executing == ["b1"]
    play.succeed("b1")
    assert play.executing == ["c"]


def test_stages_become_startable_in_the_order_of_declaration() -> None:
    play = Play(stage("z"), stage("c", "z"), stage("a", "z"), stage("b", "z")).start()
    play.succeed("z")
    assert play.executed == ["z", "c", "a", "b"]


def test_declaration_may_come_before_what_is_required() -> None:
    play = Play(stage("last", "first"), stage("first")).start()
    assert play.executing == ["first"]
    play.succeed("first", "last")
    assert play.ended() is S.SUCCEEDED


def test_a_run_begins_once_however_often_it_is_started() -> None:
    play = Play(stage("a"), stage("b")).start()
    assert play.say(StartWorkflow()) == []
    assert play.executed == ["a", "b"]


def test_the_tasks_of_a_stage_run_in_turn_and_share_outputs_and_context() -> None:
    play = Play(stage("a", tasks=tasks("one", "two", "three"))).start()
    play.answer("a", TaskResult.success({"n": 1, "first": True}, {"seen": "one"}))
    assert play.node("a").record.task == 1
    assert play.node("a").record.context == {"seen": "one"}
    play.answer("a", TaskResult.success({"n": 2}))
    assert play.executed == ["a", "a", "a"]
    assert play.status("a") is S.RUNNING
    play.succeed("a", last=True)
    assert play.node("a").record.outputs == {"n": 2, "first": True, "last": True}
    assert play.ended() is S.SUCCEEDED


def test_each_task_of_a_stage_has_its_own_record() -> None:
    play = Play(stage("a", tasks=tasks("one", "two"))).start()
    play.wait(1)
    play.succeed("a")
    play.wait(1)
    play.fail("a")
    assert [(task.status, task.started_at, task.ended_at) for task in play.node("a").record.tasks] == [
        (S.SUCCEEDED, 1_000_000, 2_000_000),
        (S.FAILED, 2_000_000, 3_000_000),
    ]


def test_every_execution_has_a_number_of_its_own() -> None:
    play = Play(stage("a", tasks=tasks("one", "two"), retry=1)).start()
    play.succeed("a")
    play.fail("a")
    play.wait(600)
    play.ring("a")
    play.succeed("a")
    numbers = [effect.execution for effect in play.effects if isinstance(effect, Execute)]
    assert numbers == [1, 2, 3]


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (TaskResult.success({"n": 1}), S.SUCCEEDED),
        (TaskResult.skipped({"n": 1}), S.SKIPPED),
        (TaskResult.failed_continue("so what", {"n": 1}), S.FAILED_CONTINUE),
        (TaskResult.failed("no", {"n": 1}), S.FAILED),
        (TaskResult.canceled("gave up", {"n": 1}), S.CANCELED),
    ],
)
def test_a_stage_ends_as_its_task_says_and_keeps_what_it_put_out(result: TaskResult, status: Status) -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.answer("a", result)
    assert play.status("a") is status
    assert play.node("a").record.outputs == {"n": 1}
    assert (play.executing == ["b"]) is status.met


def test_a_run_of_skipped_stages_is_skipped() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.answer("a", TaskResult.skipped())
    play.answer("b", TaskResult.skipped())
    assert play.ended() is S.SKIPPED


@pytest.mark.parametrize("message", [StartStage(1), StartTask(1, 0), RunTask(1), CompleteWorkflow()])
def test_a_step_before_its_time_does_nothing(message: StartStage | StartTask | RunTask | CompleteWorkflow) -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    before = play.statuses
    assert play.say(message) == []
    assert play.statuses == before


def test_a_stage_is_started_once_however_often_it_is_called() -> None:
    play = Play(stage("a")).start()
    assert play.say(StartStage(0)) == []
    assert play.executed == ["a"]


def test_a_task_that_is_under_way_is_not_begun_again() -> None:
    play = Play(stage("a", tasks=tasks("one", "two"))).start()
    play.succeed("a")
    assert play.say(StartTask(0, 0)) == []
    assert play.node("a").record.task == 1
