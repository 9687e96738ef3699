"""Builds the running stages that tasks are given, and the parts of the real world that they touch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from stageline.model.record import NEW_STAGE, StageRecord
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import Execution, Inputs, RunningStage, Task


class Stages:
    """Makes one running stage after the other, each with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = 0

    def __call__(
        self,
        context: Mapping[str, Any],
        inputs: Mapping[str, Any] | None = None,
        stages: Mapping[str, Any] | None = None,
        record: StageRecord = NEW_STAGE,
        now: int | None = None,
    ) -> RunningStage:
        self.made += 1
        execution = Execution(
            run="run-1",
            key=f"run-1/work-{self.made}",
            attempt=record.attempt,
            settings={**context, **record.context},
            inputs=Inputs(lambda: inputs or {}),
            stages=stages or {},
            folder=self.folder / f"execution-{self.made}",
            cancellation=Cancellation(),
            now=lambda: time.time_ns() // 1000 if now is None else now,
        )
        return RunningStage(ref_id="work", type="any", context=context, record=record, execution=execution)


def execute(task: Task, stage: RunningStage) -> TaskResult:
    """One execution of a task that blocks."""
    result = task.execute(stage)
    assert isinstance(result, TaskResult)
    return result


@pytest.fixture
def stages(tmp_path: Path) -> Stages:
    return Stages(tmp_path)


@pytest.fixture(scope="module")
def registry() -> Iterator[TaskRegistry]:
    with TaskRegistry() as registry:
        yield registry


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return condition()
