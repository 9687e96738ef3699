"""What has become of a run and of its stages so far: the part that changes while the definition does not."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from stageline.model.failure import Failure
from stageline.model.status import Status


class Waiting(StrEnum):
    """What a stage that has started, but of which no task is running, waits for."""

    RETRY = "retry"
    POLL = "poll"
    SIGNAL = "signal"
    CHILD = "child"
    SCOPES = "scopes"


class TaskRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What has become of one task of a stage. Times are UTC microseconds."""

    status: Status = Status.NOT_STARTED
    started_at: int | None = None
    ended_at: int | None = None


class StageRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What has become of one stage. Times are UTC microseconds.

    `execution` counts every start of a task, `attempt` the tries of the present task, `task` is its index;
    `attempt_at` is when the present try began, kept only where a timeout counts from it;
    `round` counts resets by a jump or a retry. A stage that waits says for what (`retry`, `poll`, `signal`, `child`)
    and, if there is a limit, until when (`wake_at`). `signal` is the last one that was handed over; `stopping` is why
    the stage is being canceled. `started_seq` and `ended_seq` are the numbers of the events that began and ended it:
    they order what happened within one instant. `limit`, `more` and `halt` are those of its plan; what was planned
    in an earlier `epoch` no longer counts.
    """

    status: Status = Status.NOT_STARTED
    started_at: int | None = None
    ended_at: int | None = None
    started_seq: int = 0
    ended_seq: int = 0
    execution: int = 0
    attempt: int = 1
    attempt_at: int | None = None
    task: int = 0
    round: int = 0
    jumps: int = 0
    outputs: dict[str, Any] = {}
    context: dict[str, Any] = {}
    failure: Failure | None = None
    wake_at: int | None = None
    waiting: Waiting | None = None
    signal: dict[str, Any] | None = None
    kept_signals: tuple[dict[str, Any], ...] = ()
    stopping: str = ""
    timed_out: bool = False
    epoch: int = 0
    limit: int = 0
    more: bool = False
    halt: bool = False
    tasks: tuple[TaskRecord, ...] = ()

    def outcome(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """What other stages see of one that has ended: these outputs, its state, and its error if it has one."""
        seen: dict[str, Any] = {"status": str(self.status), "outputs": outputs}
        if self.failure is not None:
            seen["error"] = self.failure.as_error
        return seen


class RunRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What has become of a run. Times are UTC microseconds.

    Once `stopping` has the state that the run will end in, no more stages are started. `names` are those that retries
    have laid over the names of the workflow.
    """

    status: Status = Status.NOT_STARTED
    started_at: int | None = None
    ended_at: int | None = None
    stopping: Status | None = None
    failure: Failure | None = None
    events: int = 0
    names: dict[str, Any] = {}


class Parent(msgspec.Struct, frozen=True):
    """The stage of another run that waits for this one."""

    run: str
    stage: int
    execution: int
    depth: int


NEW_TASK = TaskRecord()
NEW_STAGE = StageRecord()
NEW_RUN = RunRecord()
