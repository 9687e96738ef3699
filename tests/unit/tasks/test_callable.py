"""Functions as tasks: how they get their arguments, and what becomes of what they return."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model import stage
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.tasks.callable import CallableTask, task_for
from stageline.tasks.task import RunningStage
from tests.contract.tasks.running import Stages, execute


def add(a: int, b: int = 10, *, c: int = 100) -> int:
    return a + b + c


async def add_later(a: int) -> dict[str, int]:
    await asyncio.sleep(0)
    return {"later": a}


def call(function: Callable[..., Any], stage: RunningStage) -> TaskResult:
    return execute(task_for(function), stage)


def test_arguments_are_taken_by_name_from_the_context_then_from_before(stages: Stages) -> None:
    assert call(add, stages({"a": 1})).outputs == {"result": 111}
    assert call(add, stages({"a": 1}, inputs={"a": 2, "b": 3})).outputs == {"result": 104}
    assert call(add, stages({"c": 0}, inputs={"a": 2, "b": 3})).outputs == {"result": 5}


def test_what_has_a_place_but_no_name_is_given_by_place(stages: Stages) -> None:
    def by_place(a: int, b: int = 10, c: int = 100, /, *, d: int = 1000) -> list[int]:
        return [a, b, c, d]

    assert call(by_place, stages({"a": 1, "d": 4})).outputs == {"result": [1, 10, 100, 4]}
    assert call(by_place, stages({"a": 1, "c": 3})).outputs == {"result": [1, 10, 3, 1000]}


def test_an_argument_that_is_nowhere_is_named(stages: Stages) -> None:
    with pytest.raises(DocumentError, match="stage 'work': no value for 'a'"):
        call(add, stages({"b": 1}))


def test_a_parameter_called_stage_gets_the_stage(stages: Stages) -> None:
    assert call(lambda stage: {"key": stage.idempotency_key}, stages({})).outputs == {"key": "run-1/work-1"}
    assert call(lambda *, stage: {"ref": stage.ref_id}, stages({})).outputs == {"ref": "work"}


def test_a_parameter_annotated_as_a_stage_gets_the_stage(stages: Stages) -> None:
    def one(it: StageExecution) -> str:
        return it.ref_id

    def two(it: stage.StageExecution) -> str:
        return it.ref_id

    def three(it: RunningStage) -> str:
        return it.ref_id

    one.__annotations__["it"] = StageExecution
    for function in (one, two, three):
        assert call(function, stages({})).outputs == {"result": "work"}


@pytest.mark.parametrize(
    ("returned", "outputs"),
    [
        (None, {}),
        ({"x": 1}, {"x": 1}),
        ([1, 2], {"result": [1, 2]}),
        ("text", {"result": "text"}),
        (TaskResult.success({"y": 2}), {"y": 2}),
    ],
)
def test_what_is_returned_becomes_the_outputs(stages: Stages, returned: object, outputs: dict[str, object]) -> None:
    result = call(lambda: returned, stages({}))
    assert result.status is Status.SUCCEEDED
    assert result.outputs == outputs


def test_a_coroutine_function_is_executed_as_one(stages: Stages) -> None:
    class Adder:
        async def __call__(self, a: int) -> dict[str, int]:
            return await add_later(a)

    for function in (add_later, functools.partial(add_later), Adder()):
        task = task_for(function)
        assert inspect.iscoroutinefunction(task.execute)
        answer = task.execute(stages({"a": 5}))
        assert isinstance(answer, Awaitable)
        assert asyncio.run(_result(answer)).outputs == {"later": 5}


async def _result(answer: Awaitable[TaskResult]) -> TaskResult:
    return await answer


def test_a_function_is_found_by_its_place(stages: Stages) -> None:
    context = {"callable": "operator:add", "arguments": {"a": 2, "b": 3}}
    assert execute(CallableTask(), stages(context)).outputs == {"result": 5}
    context = {"callable": f"{__name__}:add", "arguments": {"a": 1}}
    assert execute(CallableTask(), stages(context, inputs={"b": 2})).outputs == {"result": 103}


def test_a_coroutine_function_is_found_by_its_place_too(stages: Stages) -> None:
    context = {"callable": f"{__name__}:add_later", "arguments": {"a": 4}}
    assert execute(CallableTask(), stages(context)).outputs == {"later": 4}


def test_cancel_reaches_a_coroutine_that_was_found_by_its_place(stages: Stages) -> None:
    stage = stages({"callable": "asyncio:sleep", "arguments": {"delay": 60}})
    stage.execution.cancellation.cancel("no longer wanted")
    result = execute(CallableTask(), stage)
    assert result.status is Status.CANCELED


def test_what_comes_before_does_not_choose_the_function(stages: Stages) -> None:
    with pytest.raises(DocumentError, match="needs `callable`"):
        execute(CallableTask(), stages({}, inputs={"callable": "os:getcwd"}))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("operator.add", "package.module:function"),
        ("no_such_module:f", "No module named 'no_such_module'"),
        ("operator:ad", "no 'ad' there; did you mean 'add'"),
        ("sys:path", "list, which cannot be called"),
    ],
)
def test_a_wrong_place_is_told(stages: Stages, place: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        execute(CallableTask(), stages({"callable": place}))
