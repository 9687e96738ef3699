"""Which scripts of a Lab's run wait for room, and when the others began.

The store knows only when they were taken up.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stageline.lab.at_work import Onlooker
from stageline.lab.layout import JOBS
from stageline.lab.run_of import LAB, script_of
from stageline.model.record import StageRecord
from stageline.model.stage import StageExecution
from stageline.model.status import Status


class Room:
    """Sees what happens in the home of a run's Lab."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._onlooker = Onlooker(str(Path(names[LAB], JOBS).resolve().parent))
        self.look()

    def look(self) -> None:
        """Take in what is new."""
        self._onlooker.look()

    def is_awaited(self, stage: StageExecution, record: StageRecord) -> bool:
        """Whether a stage has been taken up, and its script has not begun."""
        script = script_of(stage)
        if script is None or record.status is not Status.RUNNING or record.waiting is not None:
            return False
        return self._onlooker.since(script, record.started_at or 0) is None

    def began(self, stage: StageExecution, record: StageRecord) -> int | None:
        """When the script of a stage began, as far as that is still known."""
        script = script_of(stage)
        if script is None or record.started_at is None:
            return None
        return self._onlooker.since(script, record.started_at)
