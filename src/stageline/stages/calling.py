"""Between the engine and the methods that users write: which arguments they take, and what their answers mean."""

import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

from stageline.errors import DocumentError
from stageline.model.failure import Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.stages.result import Result
from stageline.stages.work import Work


def accepted(method: Callable[..., Any], work: Work) -> dict[str, Any]:
    """Those further arguments that the method takes: the parent's id, and an event that says that it is canceled."""
    parameters = inspect.signature(method).parameters.values()
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    names = {parameter.name for parameter in parameters}
    more: dict[str, Any] = {"parent_run_id": None}
    if takes_all or "event" in names:
        more["event"] = event_of(work)
    return {name: value for name, value in more.items() if takes_all or name in names}


def event_of(work: Work) -> threading.Event:
    """Set when the work is canceled."""
    event = threading.Event()
    work.cancellation.on_cancel(event.set)
    return event


def answer_of(answer: object) -> TaskResult:
    """What a method's answer means for the engine."""
    match answer:
        case TaskResult():
            return answer
        case Result():
            return _from_result(answer)
        case None:
            return TaskResult.success()
        case Mapping():
            return TaskResult.success(answer)
        case _:
            raise DocumentError(
                f"a stage answers a Result, a mapping of outputs, or nothing, and not {type(answer).__name__}"
            )


def _from_result(result: Result) -> TaskResult:
    outputs = result.outputs
    match result.status:
        case Status.SUCCEEDED:
            return TaskResult.success(outputs)
        case Status.SKIPPED:
            return TaskResult.skipped(outputs)
        case Status.CANCELED:
            return TaskResult.canceled(result.failure.message if result.failure else "canceled by the stage", outputs)
        case Status.FAILED | Status.FAILED_CONTINUE:
            return TaskResult.failed(result.failure or Failure("the stage answered that it failed"), outputs)
        case status:
            raise DocumentError(f"a stage that answers has ended, and does not answer {status}")
