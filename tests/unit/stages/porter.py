"""Whoever carries errands to targets, in tests: what is handed over is written down; and stages to hand over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from stageline.model.record import NEW_STAGE
from stageline.model.status import Status
from stageline.targets.cancellation import Cancellation
from stageline.targets.errand import Errand
from stageline.tasks.task import Execution, RunningStage


class Porter:
    """Writes down what it is asked."""

    limits = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.errands: list[Errand] = []

    def courier(self, target: str, scheduler: str) -> Porter:
        self.asked.append((target, scheduler))
        return self

    def submit(self, errand: Errand) -> None:
        self.errands.append(errand)

    def stop(self, token: str, reason: str) -> None:
        self.asked.append((token, reason))

    def let_go(self, token: str) -> bool:
        return True

    def close(self) -> None:
        """Nothing is open."""


def running(run: str = "r1", attempt: int = 1, started: int = 7, settings: Mapping[str, Any] = {}) -> RunningStage:
    execution = Execution(
        run=run,
        key=f"{run}/a/0.0",
        attempt=attempt,
        settings=settings,
        inputs={},
        stages={},
        place="/nowhere",
        cancellation=Cancellation(),
        now=lambda: 0,
    )
    record = msgspec.structs.replace(NEW_STAGE, status=Status.RUNNING, started_at=started)
    return RunningStage(ref_id="a", name="a", record=record, execution=execution)


def named(stage: RunningStage) -> RunningStage:
    execution = msgspec.structs.replace(stage.execution, names={"folder": str(Path("/nowhere"))})
    return msgspec.structs.replace(stage, execution=execution)


def placed(settings: Mapping[str, Any], folder: Path) -> RunningStage:
    stage = named(running(settings=settings))
    return msgspec.structs.replace(stage, execution=msgspec.structs.replace(stage.execution, place=str(folder)))
