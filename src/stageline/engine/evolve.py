"""What an event makes of a record: pure functions, the only place where records change.

The run's present state is these functions folded over its events; the tables of a store are a copy of that.
"""

from typing import assert_never

import msgspec

from stageline.engine.events import (
    RunEnded,
    RunPaused,
    RunResumed,
    RunRetried,
    RunStarted,
    RunStopping,
    SignalKept,
    StageEnded,
    StageReopened,
    StageReset,
    StagesPlanned,
    StageStarted,
    StageStopping,
    StageWaiting,
    TaskEnded,
    TaskExecuted,
    TaskStarted,
)
from stageline.engine.transitions import RUN_STEPS, STAGE_STEPS, check_step
from stageline.model.plan import SCOPE
from stageline.model.record import RunRecord, StageRecord, TaskRecord, Waiting
from stageline.model.stage import StageExecution
from stageline.model.status import Status

RunEvent = RunStarted | RunPaused | RunResumed | RunStopping | RunEnded | RunRetried
StageEvent = (
    StageStarted
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

_evolve = msgspec.structs.replace


def run_after(record: RunRecord, event: RunEvent) -> RunRecord:
    """The run's record after an event about the run."""
    match event:
        case RunStarted():
            after = _evolve(record, status=Status.RUNNING, started_at=event.at)
        case RunPaused():
            after = _evolve(record, status=Status.PAUSED)
        case RunResumed():
            after = _evolve(record, status=Status.RUNNING)
        case RunStopping():
            check_step(RUN_STEPS, record.status, Status.CANCELED)
            return _evolve(record, stopping=event.status, failure=event.failure)
        case RunEnded():
            after = _evolve(record, status=event.status, ended_at=event.at, failure=event.failure, stopping=None)
        case RunRetried():
            names = {**record.names, **event.names}
            after = _evolve(record, status=Status.RUNNING, stopping=None, ended_at=None, failure=None, names=names)
        case _:
            assert_never(event)
    check_step(RUN_STEPS, record.status, after.status)
    return after


def stage_after(record: StageRecord, event: StageEvent, number: int, spec: StageExecution) -> StageRecord:
    """The stage's record after an event about the stage; `number` is the event's."""
    after = _after(record, event, number, spec)
    check_step(STAGE_STEPS, record.status, after.status, spec.ref_id)
    return after


def _after(record: StageRecord, event: StageEvent, number: int, spec: StageExecution) -> StageRecord:
    match event:
        case StageStarted():
            return _started(record, event, number, spec)
        case StageEnded():
            return _ended(record, event, number)
        case StageWaiting():
            return _waiting(record, event)
        case StagesPlanned():
            return _planned(record, event)
        case StageStopping():
            return _evolve(record, stopping=event.reason, timed_out=event.timed_out)
        case SignalKept():
            return _evolve(record, kept_signals=(*record.kept_signals, event.payload))
        case StageReset():
            return _reset(record, event)
        case StageReopened():
            return _reopened(record)
        case TaskStarted() | TaskEnded() | TaskExecuted():
            return _task_after(record, event, spec)
        case _:
            assert_never(event)


def _task_after(
    record: StageRecord, event: TaskStarted | TaskEnded | TaskExecuted, spec: StageExecution
) -> StageRecord:
    match event:
        case TaskStarted():
            return _evolve(
                record,
                task=event.task,
                execution=record.execution + 1,
                attempt=1,
                attempt_at=_attempt_at(event.at, spec),
                failure=None,
                tasks=(*record.tasks, TaskRecord(Status.RUNNING, event.at)),
            )
        case TaskEnded():
            return _evolve(
                record,
                outputs={**record.outputs, **event.outputs},
                context={**record.context, **event.context},
                tasks=_last_ended(record, Status.SUCCEEDED, event.at),
            )
        case TaskExecuted():
            return _executed(record, event, spec)
        case _:
            assert_never(event)


def _reset(record: StageRecord, event: StageReset) -> StageRecord:
    return StageRecord(
        execution=record.execution,
        epoch=record.epoch + 1,
        round=record.round + 1,
        jumps=event.jumps,
        context=event.context,
        kept_signals=record.kept_signals,
    )


def _reopened(record: StageRecord) -> StageRecord:
    """Not started, but what it has planned is there, and it will wait for that when it starts."""
    return StageRecord(
        execution=record.execution,
        epoch=record.epoch,
        round=record.round + 1,
        context=record.context,
        kept_signals=record.kept_signals,
        waiting=Waiting.SCOPES,
        limit=record.limit,
        more=record.more,
        halt=record.halt,
    )


def _started(record: StageRecord, event: StageStarted, number: int, spec: StageExecution) -> StageRecord:
    return _evolve(
        record,
        status=Status.RUNNING,
        started_at=event.at,
        started_seq=number,
        execution=record.execution + 1,
        attempt_at=_attempt_at(event.at, spec),
        waiting=Waiting.SCOPES if spec.type == SCOPE else record.waiting,
        wake_at=event.wake_at,
        tasks=(TaskRecord(Status.RUNNING, event.at),) if len(spec.tasks) > 1 else (),
    )


def _ended(record: StageRecord, event: StageEnded, number: int) -> StageRecord:
    return _evolve(
        record,
        status=event.status,
        ended_at=event.at,
        ended_seq=number,
        outputs={**record.outputs, **event.outputs} if record.outputs else event.outputs,
        failure=event.failure,
        waiting=None,
        wake_at=None,
        stopping="",
        tasks=_last_ended(record, event.status, event.at) if record.tasks else (),
    )


def _attempt_at(now: int, spec: StageExecution) -> int | None:
    return None if spec.timeout is None else now


def _executed(record: StageRecord, event: TaskExecuted, spec: StageExecution) -> StageRecord:
    signaled = event.signal is not None
    goes_on = record.waiting in (Waiting.POLL, Waiting.SCOPES)
    return _evolve(
        record,
        status=Status.RUNNING,
        execution=record.execution + 1,
        attempt=event.attempt,
        attempt_at=record.attempt_at if goes_on else _attempt_at(event.at, spec),
        waiting=None,
        wake_at=None,
        signal=event.signal if signaled else record.signal,
        kept_signals=record.kept_signals[1:] if signaled else record.kept_signals,
        epoch=record.epoch + (record.waiting is Waiting.RETRY),
    )


def _waiting(record: StageRecord, event: StageWaiting) -> StageRecord:
    return _evolve(
        record,
        status=Status.SUSPENDED if event.waiting is Waiting.SIGNAL else Status.RUNNING,
        waiting=event.waiting,
        wake_at=event.wake_at,
        context={**record.context, **event.context} if event.context else record.context,
        failure=event.failure,
        stopping="",
        timed_out=False,
    )


def _planned(record: StageRecord, event: StagesPlanned) -> StageRecord:
    return _evolve(
        record,
        waiting=Waiting.SCOPES,
        wake_at=event.wake_at,
        limit=event.limit,
        more=event.more,
        halt=event.halt,
        context={**record.context, **event.context} if event.context else record.context,
    )


def _last_ended(record: StageRecord, status: Status, at: int) -> tuple[TaskRecord, ...]:
    if not record.tasks or record.tasks[-1].status.ended:
        return record.tasks
    *before, last = record.tasks
    return (*before, _evolve(last, status=status, ended_at=at))
