"""What became of executing a task, whatever it did: a result, checked, whose outputs are plain JSON.

This is the one place where anything that a task raises is caught.
"""

import traceback
from collections.abc import Mapping
from types import NoneType, TracebackType

import msgspec

from stageline.engine.blobs import Blobs
from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.jsonvalue import canonical
from stageline.model.result import TaskResult, output_failure
from stageline.model.status import Status
from stageline.tasks.raised import raised
from stageline.tasks.task import RunningStage

TIMEOUT = "timeout"
CTRL_C = (KeyboardInterrupt,)
FIELDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "status": ((Status,), "a Status"),
    "outputs": ((dict, Mapping), "a mapping of names to values"),
    "context": ((dict, Mapping), "a mapping of names to values"),
    "failure": ((Failure, NoneType), "a Failure"),
    "after": ((float, int, NoneType), "a number of seconds"),
    "jump": ((str,), "the ref of a stage"),
}


class Outcome:
    """Use as `with Outcome(stage, blobs) as outcome: outcome.answer(...)`; afterwards `outcome.result` is set.

    `ours` are the exceptions that say something to us, not of the task: where Ctrl-C arrives, or a coroutine is closed.
    """

    def __init__(self, stage: RunningStage, blobs: Blobs, ours: tuple[type[BaseException], ...] = CTRL_C) -> None:
        self._stage = stage
        self._blobs = blobs
        self._ours = ours
        self.result = TaskResult.failed("the task gave no answer")

    def __enter__(self) -> "Outcome":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.result = TaskResult.failed(failure_from(error))
        cancellation = self._stage.execution.cancellation
        if cancellation.requested:
            self.result = stopped(self.result, cancellation.reason, self._stage.timeout)
        return not isinstance(error, self._ours)

    def answer(self, result: object) -> None:
        """Take what `execute` returned."""
        if not isinstance(result, TaskResult):
            hint = "return TaskResult.success(outputs={...})"
            self.result = TaskResult.failed(
                output_failure(f"execute returned {type(result).__name__}, not a TaskResult: {hint}")
            )
            return
        if misfit := _misfit(result):
            self.result = TaskResult.failed(output_failure(f"the result of the task is none: {misfit}"))
            return
        self.result = self._plain(result) if result.outputs or result.context else result

    def _plain(self, result: TaskResult) -> TaskResult:
        try:
            outputs, encoded = canonical(result.outputs, "outputs")
            context, _ = canonical(result.context, "context")
        except DocumentError as error:
            return TaskResult.failed(output_failure(f"the task put out what cannot be kept: {error}"))
        return msgspec.structs.replace(result, outputs=self._blobs.shrink(outputs, encoded), context=context)


def _misfit(result: TaskResult) -> str:
    for field, (kinds, words) in FIELDS.items():
        value = getattr(result, field)
        if not isinstance(value, kinds):
            return f"{field} is {words}, not {type(value).__name__}"
    return ""


def failure_from(error: BaseException) -> Failure:
    """An exception as data, with the traceback from the task on."""
    trace = error.__traceback__
    detail = traceback.format_exception(type(error), error, trace.tb_next if trace else None)
    return raised(error, "".join(detail))


def stopped(result: TaskResult, reason: str, timeout: float | None) -> TaskResult:
    """What a stopped execution means: done all the same, over its time, or canceled."""
    if result.status in (Status.SUCCEEDED, Status.SKIPPED):
        return result
    if reason == TIMEOUT:
        failure = Failure(
            f"timed out after {timeout:g} s", Cause.TIMEOUT, log=result.failure.log if result.failure else ""
        )
        return TaskResult.failed(failure, result.outputs)
    return TaskResult.canceled(reason, result.outputs)
