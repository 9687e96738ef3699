"""Builds the running stages that tasks are given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stageline.model.record import NEW_STAGE, StageRecord
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
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
            place=str(self.folder / f"execution-{self.made}"),
            cancellation=Cancellation(),
            now=lambda: time.time_ns() // 1000 if now is None else now,
        )
        return RunningStage(ref_id="work", type="any", context=context, record=record, execution=execution)


def execute(task: Task, stage: RunningStage) -> TaskResult:
    """One execution of a task that blocks."""
    result = task.execute(stage)
    assert isinstance(result, TaskResult)
    return result


def is_gone(pid: int) -> bool:
    """Whether the process has ended; that nobody has asked for its end yet does not matter."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX"


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return condition()
