"""A task without a type is of the type that the task before it has chosen."""

from __future__ import annotations

from typing import Any

import stageline
from stageline import Retry, StageExecution, TaskExecution, TaskRegistry, TaskResult, Workflow
from stageline.tasks.task import RunningStage

TASKS = (TaskExecution("choose", "choose"), TaskExecution("work", ""))


def ended(context: dict[str, Any]) -> tuple[StageExecution, list[str]]:
    """A stage whose first task leaves this, and what was called."""
    called: list[str] = []

    def choose(stage: RunningStage) -> TaskResult:
        called.append("choose")
        return TaskResult.success(context=context)

    def fails_once(stage: RunningStage) -> TaskResult:
        called.append("work")
        return TaskResult.failed("not yet") if called.count("work") == 1 else TaskResult.success({"done": True})

    registry = TaskRegistry()
    registry.register("choose", choose)
    registry.register("fails-once", fails_once)
    stage = StageExecution(ref_id="a", tasks=TASKS, retry=Retry(1, delay=0))
    return stageline.run(Workflow.create(name="w", stages=[stage]), tasks=registry).stage("a"), called


def test_the_type_that_was_chosen_is_that_of_each_attempt() -> None:
    stage, called = ended({"task-type": "fails-once"})
    assert (stage.outputs, called) == ({"done": True}, ["choose", "work", "work"])


def test_without_a_choice_the_stage_fails() -> None:
    stage, called = ended({})
    assert called == ["choose"]
    assert stage.failure is not None
    assert stage.failure.cause == "document"
