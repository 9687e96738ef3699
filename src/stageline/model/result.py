"""What a task answers: a decision as a value. The engine does what it says; a task never changes the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.model.status import Status

if TYPE_CHECKING:
    from stageline.model.plan import Plan
    from stageline.model.workflow import Workflow


class TaskResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """The outcome of one execution of a task. Make one with the class methods.

    `outputs` go to the stage and to all stages after it; `context` is seen by later executions and tasks of
    the same stage only; `after` is in seconds.
    """

    status: Status
    outputs: Mapping[str, Any] = {}
    context: Mapping[str, Any] = {}
    failure: Failure | None = None
    after: float | None = None
    jump: str = ""
    child: Any = None
    plan: Any = None

    @classmethod
    def success(cls, outputs: Mapping[str, Any] | None = None, context: Mapping[str, Any] | None = None) -> TaskResult:
        """Done, with these outputs."""
        return cls(Status.SUCCEEDED, outputs or {}, context or {})

    @classmethod
    def running(cls, after: float = 1.0, context: Mapping[str, Any] | None = None) -> TaskResult:
        """Not done yet: execute again `after` seconds from now. No worker is held meanwhile."""
        return cls(Status.RUNNING, context=context or {}, after=after)

    @classmethod
    def failed(
        cls, error: str | Failure, outputs: Mapping[str, Any] | None = None, context: Mapping[str, Any] | None = None
    ) -> TaskResult:
        """Failed; tried again if the stage has retries for this cause."""
        failure = error if isinstance(error, Failure) else Failure(str(error))
        return cls(Status.FAILED, outputs or {}, context or {}, failure)

    @classmethod
    def terminal(cls, error: str | Failure, outputs: Mapping[str, Any] | None = None) -> TaskResult:
        """Failed for good: no retry will help."""
        failure = error if isinstance(error, Failure) else Failure(str(error))
        return cls(Status.FAILED, outputs or {}, failure=msgspec.structs.replace(failure, permanent=True))

    @classmethod
    def failed_continue(cls, error: str | Failure, outputs: Mapping[str, Any] | None = None) -> TaskResult:
        """Failed, but what depends on the stage may go on."""
        failure = error if isinstance(error, Failure) else Failure(str(error))
        return cls(Status.FAILED_CONTINUE, outputs or {}, failure=failure)

    @classmethod
    def skipped(cls, outputs: Mapping[str, Any] | None = None) -> TaskResult:
        """There was nothing to do; the stage ends as skipped and what depends on it goes on."""
        return cls(Status.SKIPPED, outputs or {})

    @classmethod
    def canceled(cls, reason: str = "canceled by its task", outputs: Mapping[str, Any] | None = None) -> TaskResult:
        """The work was given up; what depends on it does not start."""
        return cls(Status.CANCELED, outputs or {}, failure=Failure(reason))

    @classmethod
    def suspend(cls, timeout: float | None = None, context: Mapping[str, Any] | None = None) -> TaskResult:
        """Wait for a signal, at most `timeout` seconds; then execute again with `stage.signal` set."""
        return cls(Status.SUSPENDED, context=context or {}, after=timeout)

    @classmethod
    def jump_to(cls, ref: str, context: Mapping[str, Any] | None = None) -> TaskResult:
        """Go back to stage `ref` (this stage or one before it): it and all after it run again with fresh inputs.

        `context` is handed to that stage.
        """
        return cls(Status.RUNNING, context=context or {}, jump=ref)

    @classmethod
    def run_workflow(cls, workflow: Workflow) -> TaskResult:
        """Run `workflow` as a child; the stage ends as the child does and puts out its stages' outputs."""
        return cls(Status.RUNNING, child=workflow)

    @classmethod
    def run_stages(cls, plan: Plan, context: Mapping[str, Any] | None = None) -> TaskResult:
        """Run these stages below this one; then execute again, with what became of them in `stage.scopes`."""
        return cls(Status.RUNNING, context=context or {}, plan=plan)


def output_failure(message: str) -> Failure:
    """What a task put out cannot be kept."""
    return Failure(message, Cause.OUTPUT, permanent=True)
