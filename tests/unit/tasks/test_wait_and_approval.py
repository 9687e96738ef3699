"""The tasks that wait: they hold nobody, and remember what they wait for."""

from __future__ import annotations

import pytest

from stageline.errors import DocumentError
from stageline.model.record import StageRecord
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.tasks.approval import ApprovalTask
from stageline.tasks.noop import NoOpTask
from stageline.tasks.wait import WaitTask
from stageline.tasks.workflow import SubWorkflowTask
from tests.contract.tasks.running import Stages, execute

SECOND = 1_000_000


def again(result: TaskResult, **record: object) -> StageRecord:
    """The record of a stage whose task has answered this."""
    return StageRecord(context=dict(result.context), **record)  # type: ignore[arg-type]


def test_nothing_is_done_on_purpose(stages: Stages) -> None:
    assert NoOpTask().execute(stages({"x": 1})) == TaskResult.success()


def test_a_wait_answers_when_to_come_back(stages: Stages) -> None:
    result = execute(WaitTask(), stages({"seconds": 30}, now=100 * SECOND))
    assert (result.status, result.after) == (Status.RUNNING, 30)


def test_a_wait_keeps_its_first_end(stages: Stages) -> None:
    first = execute(WaitTask(), stages({"seconds": 30}, now=100 * SECOND))
    second = execute(WaitTask(), stages({"seconds": 30}, now=110 * SECOND, record=again(first)))
    assert (second.status, second.after) == (Status.RUNNING, 20)
    third = execute(WaitTask(), stages({"seconds": 30}, now=130 * SECOND, record=again(second)))
    assert third.status is Status.SUCCEEDED


def test_two_waits_of_one_stage_have_an_end_each(stages: Stages) -> None:
    first = execute(WaitTask(), stages({"seconds": 30}, now=100 * SECOND))
    second = execute(WaitTask(), stages({"seconds": 30}, now=130 * SECOND, record=again(first, task=1)))
    assert (second.status, second.after) == (Status.RUNNING, 30)


@pytest.mark.parametrize(
    "until", [1_700_000_000 * SECOND, "2023-11-14T22:13:20Z", "2023-11-14T22:13:20", "2023-11-14T23:13:20+01:00"]
)
def test_a_wait_may_be_until_a_moment(stages: Stages, until: object) -> None:
    result = execute(WaitTask(), stages({"until": until}, now=1_699_999_990 * SECOND))
    assert (result.status, result.after) == (Status.RUNNING, 10)
    assert execute(WaitTask(), stages({"until": until}, now=1_700_000_001 * SECOND)).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({}, "needs seconds or until"),
        ({"seconds": 1, "until": 1}, "not both"),
        ({"seconds": -1}, "0 or more"),
        ({"seconds": "soon"}, "`seconds"),
        ({"until": "soon"}, "no ISO time"),
    ],
)
def test_a_wait_without_a_proper_end_is_refused(stages: Stages, context: dict[str, object], words: str) -> None:
    with pytest.raises(DocumentError, match=f"stage 'work'.*{words}"):
        execute(WaitTask(), stages(context))


def asked(stages: Stages, **context: object) -> TaskResult:
    result = execute(ApprovalTask(), stages(context, now=0))
    assert result.status is Status.SUSPENDED
    return result


def answered(stages: Stages, signal: dict[str, object], now: int = 0, **context: object) -> TaskResult:
    record = again(asked(stages, **context), signal=signal)
    return execute(ApprovalTask(), stages(context, record=record, now=now))


def test_an_approval_waits_as_long_as_it_may(stages: Stages) -> None:
    assert asked(stages).after is None
    assert asked(stages, timeout=60).after == 60


def test_a_yes_puts_out_who_said_it(stages: Stages) -> None:
    result = answered(stages, {"approved": True, "by": "ann", "comment": "fine"})
    assert result.status is Status.SUCCEEDED
    assert result.outputs == {"approved": True, "by": "ann", "comment": "fine"}


def test_a_no_is_final(stages: Stages) -> None:
    result = answered(stages, {"approved": False, "by": "bob", "comment": "too dear"})
    assert result.status is Status.FAILED
    assert result.failure is not None
    assert result.failure.permanent
    assert result.failure.message == "rejected by bob: too dear"
    assert result.outputs["approved"] is False


@pytest.mark.parametrize("signal", [{}, {"aproved": True}, {"approved": "yes"}, {"approved": True, "by": 3}])
def test_a_signal_that_is_no_approval_is_told_and_the_wait_goes_on(
    stages: Stages, signal: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    result = answered(stages, signal, timeout=60, now=20 * SECOND)
    assert (result.status, result.after) == (Status.SUSPENDED, 40)
    assert "a signal was no approval" in result.context["approval_error"]
    assert "a signal was no approval" in caplog.text


def test_the_signal_of_an_earlier_task_is_no_approval(stages: Stages) -> None:
    record = again(asked(stages), task=1, signal={"approved": True})
    assert execute(ApprovalTask(), stages({}, record=record)).status is Status.SUSPENDED


def test_a_stage_may_be_a_workflow(stages: Stages) -> None:
    child = {"name": "child", "stages": [{"ref_id": "a", "type": "noop"}]}
    assert execute(SubWorkflowTask(), stages({"workflow": child})).child == child
    with pytest.raises(DocumentError, match="needs `workflow`"):
        execute(SubWorkflowTask(), stages({}, inputs={"workflow": child}))
