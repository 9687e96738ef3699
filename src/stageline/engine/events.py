"""What has happened to a run, as values. Applying a run's events in order to its definition gives its present state.

Starting a stage starts its first task; ending a stage ends its last one. `at` is in UTC microseconds.
"""

from typing import Any

import msgspec

from stageline.model.failure import Failure
from stageline.model.record import Waiting
from stageline.model.stage import StageExecution
from stageline.model.status import Status


class _Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="event", gc=False):
    at: int


class AboutRun(_Event, frozen=True):
    """What all events about the run itself are; the others are about one of its stages."""


class RunStarted(AboutRun, frozen=True, tag="run_started"):
    """The run has begun."""


class RunPaused(AboutRun, frozen=True, tag="run_paused"):
    """No more stages are started for now."""


class RunResumed(AboutRun, frozen=True, tag="run_resumed"):
    """Stages are started again."""


class RunStopping(AboutRun, frozen=True, tag="run_stopping"):
    """No more stages are started, for good: canceled, or a stage failed. `status` is how the run will end."""

    status: Status
    failure: Failure


class RunEnded(AboutRun, frozen=True, tag="run_ended"):
    """The run is over."""

    status: Status
    failure: Failure | None = None


class RunRetried(AboutRun, frozen=True, gc=True, tag="run_retried"):
    """The run goes on after its end; StageReset events say with what. `names` are laid over those of the workflow."""

    names: dict[str, Any] = {}


class StageStarted(_Event, frozen=True, tag="stage_started"):
    """The stage's first task is handed out to be executed; or, after its end, it waits again for what is below it."""

    stage: int
    wake_at: int | None = None


class TaskStarted(_Event, frozen=True, tag="task_started"):
    """The stage's task number `task`, not its first, is executed."""

    stage: int
    task: int


class TaskEnded(_Event, frozen=True, tag="task_ended"):
    """A task that is not the stage's last is done."""

    stage: int
    outputs: dict[str, Any] = {}
    context: dict[str, Any] = {}


class TaskExecuted(_Event, frozen=True, tag="task_executed"):
    """The present task is executed again: after a wait, a retry or a lost processor."""

    stage: int
    attempt: int
    signal: dict[str, Any] | None = None


class StageWaiting(_Event, frozen=True, tag="stage_waiting"):
    """The present task has answered that the stage must wait, or failed and is to be tried again."""

    stage: int
    waiting: Waiting
    wake_at: int | None = None
    context: dict[str, Any] = {}
    failure: Failure | None = None


class StagesPlanned(_Event, frozen=True, tag="stages_planned"):
    """The stage has asked for these stages below it, numbered from `first` on."""

    stage: int
    first: int
    stages: tuple[StageExecution, ...]
    limit: int = 0
    more: bool = False
    halt: bool = False
    wake_at: int | None = None
    context: dict[str, Any] = {}


class StageStopping(_Event, frozen=True, tag="stage_stopping"):
    """The stage is being stopped, as it was canceled or is out of time; it ends when its work is gone."""

    stage: int
    reason: str
    timed_out: bool = False


class SignalKept(_Event, frozen=True, tag="signal_kept"):
    """A signal came before the stage asked for one."""

    stage: int
    payload: dict[str, Any] = {}


class StageEnded(_Event, frozen=True, tag="stage_ended"):
    """The stage is over, with all its outputs."""

    stage: int
    status: Status
    outputs: dict[str, Any] = {}
    failure: Failure | None = None


class StageReset(_Event, frozen=True, tag="stage_reset"):
    """The stage is to run again from nothing, with fresh inputs."""

    stage: int
    context: dict[str, Any] = {}
    jumps: int = 0


class StageReopened(_Event, frozen=True, tag="stage_reopened"):
    """The stage has ended badly and is to go on; what is below it, it keeps."""

    stage: int


Event = (
    RunStarted
    | RunPaused
    | RunResumed
    | RunStopping
    | RunEnded
    | RunRetried
    | StageStarted
    | TaskStarted
    | TaskEnded
    | TaskExecuted
    | StageWaiting
    | StagesPlanned
    | StageStopping
    | SignalKept
    | StageEnded
    | StageReset
    | StageReopened
)
