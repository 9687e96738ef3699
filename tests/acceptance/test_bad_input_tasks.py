"""Tasks that answer what cannot be kept, or not at all: their stage fails in words, and its run is whole."""

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest

from stageline import (
    DocumentError,
    GraphError,
    StageExecution,
    Task,
    TaskExecution,
    TaskResult,
    Workflow,
    WorkflowStatus,
    run,
)
from stageline.runner import Tasks
from stageline.tasks.task import RunningStage
from tests.acceptance.stages import python, shell, workflow
from tests.acceptance.ways import Way


def answering(value: object) -> Callable[[], Any]:
    """A function that returns this."""
    return lambda: value


def circular() -> list[Any]:
    """A list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


class Unbuildable(Task):
    """A task that cannot even be made."""

    def __init__(self) -> None:
        raise RuntimeError("there is no licence here")

    def execute(self, stage: RunningStage) -> TaskResult:
        raise AssertionError("never made, never called")


class Silent(Task):
    """A task that forgets its answer."""

    def execute(self, stage: RunningStage) -> TaskResult:
        return None  # type: ignore[return-value]


class Abstract(Task):
    """A task that cannot do anything."""


class Demanding(Task):
    """A task that nobody can make without knowing more."""

    def __init__(self, key: str) -> None:
        self.key = key

    def execute(self, stage: RunningStage) -> TaskResult:
        return TaskResult.success()


def bad_stage_between(bad: StageExecution) -> Workflow:
    """A stage before it, and one after it."""
    return workflow(
        StageExecution(ref_id="before", type="noop"),
        bad,
        StageExecution(ref_id="after", type="noop", requisite_stage_ref_ids=["bad"]),
    )


def failure_of_bad(execute: Way, bad: StageExecution, tasks: Tasks) -> str:
    """Why the stage failed; that it did, and that all around it is as it must be, is seen to here."""
    result = execute(bad_stage_between(bad), tasks)
    assert result.status is WorkflowStatus.FAILED
    assert result.stage("before").status is WorkflowStatus.SUCCEEDED
    assert result.stage("bad").status is WorkflowStatus.FAILED
    assert result.stage("after").status is WorkflowStatus.NOT_STARTED
    assert "bad" in str(result.failure)
    return str(result.stage("bad").failure)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": {"b": [1, object()]}}, ["outputs['a']['b'][1]", "not JSON", "object"]),
        ({"a": [1.0, math.nan]}, ["outputs['a'][1]", "NaN", "put out None or text instead"]),
        (-math.inf, ["outputs['result']", "infinite"]),
        ({"a": "\ud800"}, ["outputs['a']", "not JSON", "surrogates"]),
        ({"a": circular()}, ["outputs['a']", "not JSON", "recursion"]),
        ({("a", "b"): 1}, ["outputs", "not JSON"]),
        (TaskResult.success([1]), ["outputs", "mapping", "list"]),  # type: ignore[arg-type]
    ],
    ids=["object", "nan", "infinity", "surrogate", "circle", "key", "list"],
)
def test_what_is_not_json_fails_its_stage_and_is_named(execute: Way, value: object, words: list[str]) -> None:
    said = failure_of_bad(execute, StageExecution(ref_id="bad", type="t"), {"t": answering(value)})
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("RESULT = float('nan')", ["RESULT", "NaN"]),
        ("RESULT = {'k': [object()]}", ["RESULT['k'][0]", "not JSON"]),
        ("RESULT = lambda: 1", ["RESULT", "not JSON", "function"]),
    ],
)
def test_what_is_not_json_fails_its_script(script: str, words: list[str]) -> None:
    said = str(run(workflow(python("bad", script))).stage("bad").failure)
    assert all(word in said for word in words), said


def test_text_with_nul_is_kept_as_it_is(execute: Way) -> None:
    result = execute(workflow(StageExecution(ref_id="nul", type="t")), {"t": answering({"a\0b": "c\0d"})})
    assert result.stage("nul").outputs == {"a\0b": "c\0d"}


def test_nul_that_a_command_prints_is_shown_as_a_replacement(execute: Way) -> None:
    result = execute(workflow(shell("nul", r"printf 'a\0b'")), {})
    assert result.stage("nul").outputs["stdout"] == "a\ufffdb"


def test_nul_in_a_command_fails_its_stage(execute: Way) -> None:
    said = failure_of_bad(execute, shell("bad", "echo a\0b"), {})
    assert "command" in said
    assert "null byte" in said
    assert "\n" not in said, "a traceback is of no use to who wrote the command"


def test_a_task_that_gives_no_answer_is_told_how_to(execute: Way) -> None:
    said = failure_of_bad(execute, StageExecution(ref_id="bad", type="t"), {"t": Silent})
    assert "NoneType" in said
    assert "return TaskResult.success(outputs={...})" in said


def test_a_task_that_does_not_exist_fails_its_stage_with_the_closest_name(execute: Way) -> None:
    said = failure_of_bad(execute, StageExecution(ref_id="bad", type="shel"), {})
    assert said == "no task is registered as 'shel'; did you mean 'shell'?"


def test_a_task_class_whose_constructor_raises_fails_its_stage(execute: Way) -> None:
    said = failure_of_bad(execute, StageExecution(ref_id="bad", type="t"), {"t": Unbuildable})
    assert all(word in said for word in ("'t'", "Unbuildable", "RuntimeError", "there is no licence here")), said


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), threading.BrokenBarrierError()])
def test_whatever_a_task_raises_in_its_thread_fails_its_stage(error: BaseException) -> None:
    def raises() -> None:
        raise error

    result = run(workflow(StageExecution(ref_id="bad", type="t")), tasks={"t": raises}, timeout=5)
    assert result.stage("bad").status is WorkflowStatus.FAILED
    assert type(error).__name__ in str(result.stage("bad").failure)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (Abstract, ["'t'", "Abstract", "execute(self, stage)"]),
        (Demanding, ["'t'", "Demanding", "'key'", "register an object of it instead"]),
        (dict, ["'t'", "dict", "inherit from stageline.Task"]),
        (17, ["'t'", "int", "a function"]),
    ],
)
def test_what_can_never_be_a_task_is_refused_when_registered(task: Any, words: list[str]) -> None:
    with pytest.raises(DocumentError) as caught:
        run(workflow(StageExecution(ref_id="a", type="t")), tasks={"t": task})
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("r" * 200, ["200 characters", "at most 120", "name="]),
        ("a\0b", ["printable"]),
        ("../a", ["no slash"]),
        ("  ", ["not blank"]),
        ("", ["not blank"]),
    ],
)
def test_a_ref_that_is_no_name_is_refused(ref: Any, words: list[str]) -> None:
    with pytest.raises(GraphError) as caught:
        Workflow.create("mine", [StageExecution(ref_id=ref, type="noop")])
    assert all(word in str(caught.value) for word in ["workflow 'mine'", *words]), caught.value


def test_a_ref_that_is_no_text_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"stage '?5'?: a ref is a text, not int"):
        Workflow.create("mine", [StageExecution(ref_id=5, type="noop")])  # type: ignore[arg-type]


@pytest.mark.parametrize("id", ["../outside", "a/b", "a\0b", ".hidden", " ", "i" * 200])
def test_an_id_that_is_no_name_is_refused(id: str) -> None:
    with pytest.raises(DocumentError, match="id"):
        Workflow.create("mine", [StageExecution(ref_id="a", type="noop")], id=id)


def test_nul_in_names_does_no_harm_or_is_refused(execute: Way) -> None:
    tasks = [TaskExecution.create("one\0", "noop")]
    named = StageExecution(ref_id="a", name="a\0b", tasks=tasks)
    assert execute(workflow(named), {}).status is WorkflowStatus.SUCCEEDED
    with pytest.raises(DocumentError, match="without NUL characters"):
        Workflow.create("mi\0ne", [named])


def test_a_context_that_is_not_json_is_refused_with_its_place() -> None:
    for value, words in ((math.nan, "context['x'][0] is NaN"), (object(), "context['x'][0] is not JSON")):
        with pytest.raises(DocumentError) as caught:
            Workflow.create("mine", [StageExecution(ref_id="a", type="noop", context={"x": [value]})])
        assert f"stage 'a': {words}" in str(caught.value)
