"""What a task may answer, and what each answer says."""

from typing import Any

import pytest

from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult, output_failure
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow


@pytest.mark.parametrize(
    ("result", "status", "fields"),
    [
        (TaskResult.success(), Status.SUCCEEDED, {}),
        (TaskResult.success({"n": 1}, {"k": 2}), Status.SUCCEEDED, {"outputs": {"n": 1}, "context": {"k": 2}}),
        (TaskResult.success(outputs=None), Status.SUCCEEDED, {"outputs": {}}),
        (TaskResult.running(2.5, {"k": 1}), Status.RUNNING, {"after": 2.5, "context": {"k": 1}}),
        (TaskResult.running(), Status.RUNNING, {"after": 1.0}),
        (TaskResult.failed("no"), Status.FAILED, {"failure": Failure("no")}),
        (TaskResult.failed("no", {"n": 1}), Status.FAILED, {"outputs": {"n": 1}}),
        (TaskResult.terminal("never"), Status.FAILED, {"failure": Failure("never", permanent=True)}),
        (TaskResult.failed_continue("so what"), Status.FAILED_CONTINUE, {"failure": Failure("so what")}),
        (TaskResult.skipped({"n": 0}), Status.SKIPPED, {"outputs": {"n": 0}}),
        (TaskResult.canceled("gave up"), Status.CANCELED, {"failure": Failure("gave up")}),
        (TaskResult.suspend(timeout=60), Status.SUSPENDED, {"after": 60}),
        (TaskResult.suspend(), Status.SUSPENDED, {"after": None}),
        (TaskResult.jump_to("a", {"k": 1}), Status.RUNNING, {"jump": "a", "context": {"k": 1}}),
    ],
)
def test_each_answer_says_one_thing(result: TaskResult, status: Status, fields: dict[str, Any]) -> None:
    assert result.status is status
    assert {name: getattr(result, name) for name in fields} == fields


def test_a_failure_may_be_handed_over_whole() -> None:
    failure = Failure("exit code 75", Cause.EXIT, code=75, log="/a/log")
    assert TaskResult.failed(failure).failure == failure
    assert TaskResult.terminal(failure).failure == Failure("exit code 75", Cause.EXIT, 75, log="/a/log", permanent=True)


def test_an_exception_is_a_reason_too() -> None:
    assert str(TaskResult.failed(str(ValueError("odd"))).failure) == "odd"


def test_a_child_is_the_workflow_that_it_was_given() -> None:
    child = Workflow.create("child", [StageExecution(ref_id="a", type="noop")])
    assert TaskResult.run_workflow(child).child is child


def test_what_cannot_be_kept_is_a_failure_for_good() -> None:
    failure = output_failure("NaN")
    assert (failure.cause, failure.permanent) == (Cause.OUTPUT, True)
