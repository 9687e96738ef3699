"""The states of runs, stages and tasks, and how those of many become one."""

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property


class Status(StrEnum):
    """The state of a run, a stage or a task. Other names for the same state are aliases."""

    NOT_STARTED = "NOT_STARTED"
    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    FAILED_CONTINUE = "FAILED_CONTINUE"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    SKIPPED = "SKIPPED"

    # Text as it is hashes in C; the one of Enum does not, and states are looked up several times a stage.
    __hash__ = str.__hash__

    WAIT = "RUNNING"
    SUCCESS = "SUCCEEDED"
    SKIP = "SKIPPED"
    CANCEL = "CANCELED"
    TERMINAL = "FAILED"

    @cached_property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in _ENDED

    @cached_property
    def met(self) -> bool:
        """Whether what depends on it may go on."""
        return self in _MET


_MET = frozenset({Status.SUCCEEDED, Status.FAILED_CONTINUE, Status.SKIPPED})
_ENDED = _MET | {Status.FAILED, Status.CANCELED}


def combine(statuses: Iterable[Status]) -> Status:
    """One state for many: a failure wins, then a cancel, then what still runs; all skipped is skipped."""
    seen = set(statuses)
    if Status.FAILED in seen:
        return Status.FAILED
    if Status.CANCELED in seen:
        return Status.CANCELED
    if any(not status.ended for status in seen):
        return Status.RUNNING
    return Status.SKIPPED if seen == {Status.SKIPPED} else Status.SUCCEEDED


WorkflowStatus = Status
