"""The registry: what is there, what may be put there, and what is said about all else."""

from __future__ import annotations

from typing import Any

import pytest

from stageline.errors import DocumentError, UnknownName
from stageline.model.result import TaskResult
from stageline.tasks.noop import NoOpTask
from stageline.tasks.registry import BUILT_IN, TaskRegistry
from stageline.tasks.task import RunningStage, Task
from tests.contract.tasks.running import Stages, execute


class Closed(Task):
    closed = 0

    def execute(self, stage: RunningStage) -> TaskResult:
        return TaskResult.success({"by": "Closed"})

    def close(self) -> None:
        Closed.closed += 1


class NeedsMore(Closed):
    def __init__(self, more: str) -> None:
        self.more = more


def test_the_built_in_tasks_are_there() -> None:
    registry = TaskRegistry()
    assert registry.names() == (
        "approval",
        "callable",
        "docker",
        "http",
        "noop",
        "python",
        "shell",
        "wait",
        "workflow",
    )
    for name in BUILT_IN:
        assert isinstance(registry.get(name), Task)


def test_a_task_is_the_same_object_each_time() -> None:
    registry = TaskRegistry()
    assert registry.get("noop") is registry.get("noop")


def test_classes_objects_and_functions_can_be_registered(stages: Stages) -> None:
    registry = TaskRegistry()
    registry.register("class", Closed)
    registry.register("object", NeedsMore("x"))
    registry.register("function", lambda: {"by": "function"})
    assert execute(registry.get("class"), stages({})).outputs == {"by": "Closed"}
    assert isinstance(registry.get("object"), NeedsMore)
    assert execute(registry.get("function"), stages({})).outputs == {"by": "function"}


def test_the_latest_registration_counts() -> None:
    registry = TaskRegistry()
    assert isinstance(registry.get("noop"), NoOpTask)
    registry.register("noop", Closed)
    assert isinstance(registry.get("noop"), Closed)


def test_closing_closes_what_it_made_and_nothing_else() -> None:
    Closed.closed = 0
    with TaskRegistry() as registry:
        registry.register("made", Closed)
        registry.register("given", Closed())
        registry.get("made")
        registry.get("given")
    assert Closed.closed == 1


def test_an_unknown_type_is_told_with_the_closest_one() -> None:
    with pytest.raises(UnknownName, match="no task is registered as 'shel'; did you mean 'shell'"):
        TaskRegistry().get("shel")
    with pytest.raises(UnknownName, match="there are approval, callable"):
        TaskRegistry().get("xyzzy")


class NoTask:
    pass


class Half(Task):
    pass


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (3, "not int"),
        ("shell", "not str"),
        (NoTask, "class NoTask is no Task"),
        (Half, "class Half has no execute"),
        (NeedsMore, "class NeedsMore needs arguments .*'more'"),
    ],
)
def test_what_is_no_task_is_refused(task: Any, words: str) -> None:
    with pytest.raises(DocumentError, match=f"task 'mine': .*{words}"):
        TaskRegistry().register("mine", task)


def test_a_blank_name_is_refused() -> None:
    with pytest.raises(DocumentError, match="not blank"):
        TaskRegistry().register(" ", Closed)
