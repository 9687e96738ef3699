"""Waits without holding a worker. The end is computed once and remembered: a restart does not begin the wait anew."""

import math
from datetime import UTC, datetime
from typing import ClassVar

import msgspec

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.tasks.settings import read_settings
from stageline.tasks.task import RunningStage, Task

SECOND = 1_000_000
_DONE = TaskResult.success()


class WaitSettings(msgspec.Struct, frozen=True):
    """What the context of a wait stage may hold: one of the first two. `wait_ends` is our own memory."""

    seconds: float | None = None
    until: int | str | None = None
    wait_ends: dict[str, int] = {}


class WaitTask(Task):
    """Succeeds after `seconds`, or at the moment `until` (ISO text, by default UTC, or UTC microseconds)."""

    instant: ClassVar[bool] = True

    def execute(self, stage: RunningStage) -> TaskResult:
        settings = read_settings(stage, WaitSettings)
        now, task = stage.execution.now(), str(stage.record.task)
        known = settings.wait_ends.get(task)
        end = known if known is not None else wait_end(settings, now, stage.ref_id)
        if now >= end:
            return _DONE
        memory = {"wait_ends": {**settings.wait_ends, task: end}}
        return TaskResult.running(after=(end - now) / SECOND, context=memory)


def wait_end(settings: WaitSettings, now: int, ref: str) -> int:
    """The moment that the settings name, in UTC microseconds."""
    match settings.seconds, settings.until:
        case float() | int() as seconds, None:
            if not math.isfinite(seconds) or seconds < 0:
                raise DocumentError(f"stage '{ref}': seconds is a number of 0 or more, not {seconds}")
            return now + round(seconds * SECOND)
        case None, int() as moment:
            return moment
        case None, str() as text:
            return _moment(text, ref)
        case None, None:
            raise DocumentError(f"stage '{ref}': a wait needs seconds or until in its context")
        case _:
            raise DocumentError(f"stage '{ref}': a wait has seconds or until, not both")


def _moment(text: str, ref: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DocumentError(f"stage '{ref}': until is no ISO time such as 2030-01-31T12:00:00Z: {text!r}") from error
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
