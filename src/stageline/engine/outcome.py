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
from stageline.targets.cancellation import Cancellation
from stageline.targets.masking import Mask
from stageline.tasks.outcome import masked_result
from stageline.tasks.raised import raised
from stageline.tasks.task import RunningStage

DONE = TaskResult.success()
NO_ANSWER = TaskResult.failed("the task gave no answer")
CTRL_C = (KeyboardInterrupt,)
ANSWERS = frozenset(Status) - {Status.NOT_STARTED, Status.PAUSED}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(TaskResult).decode
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

    With a `mask`, no secret gets into the result.
    `ours` are the exceptions that say something to us, not of the task: where Ctrl-C arrives, or a coroutine is closed.
    """

    __slots__ = ("_blobs", "_mask", "_ours", "_stage", "result")

    def __init__(
        self,
        stage: RunningStage,
        blobs: Blobs,
        ours: tuple[type[BaseException], ...] = CTRL_C,
        mask: Mask | None = None,
    ) -> None:
        self._stage = stage
        self._blobs = blobs
        self._ours = ours
        self._mask = mask
        self.result = NO_ANSWER

    def __enter__(self) -> "Outcome":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is not None:
            self.result = masked_result(TaskResult.failed(failure_from(error)), self._mask)
        cancellation = self._stage.execution.cancellation
        if cancellation.requested:
            self.result = stopped(self.result, cancellation)
        self.result = _writable(self.result)
        return not isinstance(error, self._ours)

    def answer(self, result: object) -> None:
        """Take what `execute` returned."""
        if result == DONE:
            self.result = DONE
            return
        if not isinstance(result, TaskResult):
            hint = "return TaskResult.success(outputs={...})"
            self.result = TaskResult.failed(
                output_failure(f"execute returned {type(result).__name__}, not a TaskResult: {hint}")
            )
            return
        if misfit := _misfit(result):
            self.result = TaskResult.failed(output_failure(f"the result of the task is none: {misfit}"))
            return
        result = masked_result(result, self._mask)
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
    return "" if result.status in ANSWERS else f"no task can answer that it is {result.status}"


def failure_from(error: BaseException) -> Failure:
    """An exception as data, with the traceback from the task on."""
    trace = error.__traceback__
    detail = traceback.format_exception(type(error), error, trace.tb_next if trace else None)
    return raised(error, "".join(detail))


def stopped(result: TaskResult, cancellation: Cancellation) -> TaskResult:
    """What a stopped execution means: done all the same, over its time, or canceled."""
    if result.status in (Status.SUCCEEDED, Status.SKIPPED):
        return result
    if cancellation.timed_out:
        log = result.failure.log if result.failure else ""
        return TaskResult.failed(Failure(cancellation.reason, Cause.TIMEOUT, log=log), result.outputs)
    return TaskResult.canceled(cancellation.reason, result.outputs)


def _writable(result: TaskResult) -> TaskResult:
    """The result as it will be read again; its outputs and context are plain already."""
    if result.failure is result.child is result.plan is result.after is None:
        return result
    failure = result.failure
    if failure is not None:
        failure = msgspec.structs.replace(
            failure, message=_text(failure.message), detail=_text(failure.detail), log=_text(failure.log)
        )
    try:
        return _decode(_encode(msgspec.structs.replace(result, failure=failure)))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        return TaskResult.failed(output_failure(f"the answer of the task cannot be written down: {error}"))


def _text(value: object) -> str:
    """Text that can be written: what is half a character is replaced."""
    return str(value).encode("utf-8", "replace").decode()
