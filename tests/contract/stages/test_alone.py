"""A stage that is executed by itself, in Python: the same engine, over a store in memory."""

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from stageline.errors import StageCancelError, StageError, StageSkipError
from stageline.model.failure import Cause
from stageline.stages.approval import ApprovalStage
from stageline.stages.base import BaseAsyncStage, BaseStage
from stageline.stages.bash import BashStage
from stageline.stages.definition import StageDefinition
from stageline.stages.empty import EmptyStage
from stageline.stages.group import GroupStage
from stageline.stages.raise_error import RaiseStage
from stageline.stages.result import CANCEL, FAILED, SKIP, SUCCESS, WAIT, Result

Values = Mapping[str, Any]


class AddStage(BaseStage):
    """Adds `more` to a parameter."""

    more: int

    def process(self, params: Values, run_id: str, context: Values, **_: Any) -> Result:
        return Result(status=SUCCESS, context=context, run_id=run_id, updated={"sum": params["n"] + self.more})


def test_what_a_stage_puts_out_stands_in_the_result() -> None:
    result = EmptyStage(name="hello", echo="Hello ${{ params.who }}").execute({"who": "world"})
    assert (result.status, result.outputs) == (SUCCESS, {"echo": "Hello world"})


def test_parameters_are_given_as_such_or_as_one_of_the_names() -> None:
    stage = EmptyStage(name="x", echo="${{ params.n }} ${{ item }}")
    assert stage.execute({"params": {"n": 1}, "item": 2}).outputs == {"echo": "1 2"}


def test_what_stages_before_have_put_out_can_be_handed_in() -> None:
    before = {"stages": {"load": {"outputs": {"rows": 3}, "status": "SUCCEEDED"}}}
    stage = EmptyStage(name="x", echo="${{ stages.load.outputs.rows }}")
    assert stage.execute({}, context=before).outputs == {"echo": "3"}


def test_a_condition_that_does_not_hold_skips() -> None:
    stage = EmptyStage(name="x", condition="${{ params.n > 3 }}")
    assert stage.execute({"n": 3}).status is SKIP
    assert stage.is_skipped({"n": 3})
    assert not stage.is_skipped({"n": 4})


def test_a_failure_has_its_message_and_its_cause() -> None:
    result = RaiseStage(name="x", message="no ${{ params.what }}").execute({"what": "luck"})
    assert result.status is FAILED
    assert result.failure is not None
    assert (result.failure.message, result.failure.cause) == ("no luck", Cause.EXCEPTION)


def test_an_unknown_name_is_an_error_that_names_what_is_there() -> None:
    result = EmptyStage(name="x", echo="${{ params.cuont }}").execute({"count": 1})
    assert result.failure is not None
    assert "params has no 'cuont'; did you mean 'count'?" in str(result.failure)


def test_a_kind_of_ones_own_has_its_fields_evaluated_and_the_parameters_handed_in() -> None:
    fields: dict[str, Any] = {"more": "${{ params.n * 2 }}"}
    assert AddStage(name="add", **fields).execute({"n": 5}, run_id="r1") == Result(
        status=SUCCESS, run_id="r1", context={"status": SUCCESS, "outputs": {"sum": 15}}, updated={"sum": 15}
    )


@pytest.mark.parametrize(
    ("raised", "status", "message"),
    [
        (StageError("broken"), FAILED, "StageError: broken"),
        (ValueError("odd"), FAILED, "ValueError: odd"),
        (StageSkipError("nothing new"), SKIP, None),
        (StageCancelError("no use"), CANCEL, "no use"),
    ],
)
def test_a_kind_of_ones_own_says_by_raising_how_it_ended(
    raised: Exception, status: object, message: str | None
) -> None:
    class RaisingStage(BaseStage):
        def process(self, params: Values, run_id: str, context: Values, **_: Any) -> Result:
            raise raised

    result = RaisingStage(name="x").execute({})
    assert result.status is status
    assert (result.failure.message if result.failure else None) == (
        f"stageline.errors.{message}" if isinstance(raised, StageError) else message
    )


def test_a_kind_without_any_work_says_what_it_lacks() -> None:
    class LazyStage(BaseStage):
        pass

    result = LazyStage(name="x").execute({})
    assert result.failure is not None
    assert "LazyStage does nothing: give it a process" in result.failure.message


def test_a_thousand_waits_on_the_event_loop_take_as_long_as_one() -> None:
    class PauseStage(BaseAsyncStage):
        async def async_process(self, params: Values, run_id: str, context: Values, **_: Any) -> Values:
            await asyncio.sleep(1)
            return {"slept": True}

    waits: list[StageDefinition] = [PauseStage(name=f"wait {n}", needs=[]) for n in range(1000)]
    begun = time.monotonic()
    result = GroupStage(name="all", stages=waits).execute({})
    assert result.status is SUCCESS
    assert len(result.outputs["stages"]) == 1000
    assert time.monotonic() - begun < 20


def test_a_program_with_an_event_loop_goes_on_meanwhile() -> None:
    async def both() -> list[Result]:
        return await asyncio.gather(*(EmptyStage(name="x", sleep=0.3).axecute({}) for _ in range(5)))

    assert [result.status for result in asyncio.run(both())] == [SUCCESS] * 5


def test_an_event_cancels_a_stage_and_all_that_it_started() -> None:
    event = threading.Event()
    threading.Timer(0.3, event.set).start()
    begun = time.monotonic()
    result = BashStage(name="x", bash="sleep 60 & wait").execute({}, event=event)
    assert result.status is CANCEL
    assert time.monotonic() - begun < 10


def test_an_approval_waits() -> None:
    assert ApprovalStage(name="x", approval="Go on?").execute({}).status is WAIT
