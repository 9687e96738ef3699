"""What can be asked of a run, as values. Handlers answer messages with further messages and, at the end, with effects.

`Message` is the closed union of what handlers take; `Effect` of what the processor does after the commit.
`stage` is a stage's number in its run. Messages may be lost never, doubled and late always: `execution` tells
which start of a task an answer belongs to.
"""

from typing import Any

import msgspec

from stageline.model.failure import Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.model.workflow import Workflow


class _Message(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="message", gc=False):
    pass


class StartWorkflow(_Message, frozen=True, tag="start_workflow"):
    """Begin the run; once only."""


class AboutStage(_Message, frozen=True):
    """What all messages for one stage are."""

    stage: int


class StartStage(AboutStage, frozen=True, tag="start_stage"):
    """All that the stage needs is there."""


class StartTask(AboutStage, frozen=True, tag="start_task"):
    """Begin task number `task` of the stage."""

    task: int


class RunTask(AboutStage, frozen=True, tag="run_task"):
    """Execute the present task of the stage, for the first time or again."""


class CompleteTask(AboutStage, frozen=True, gc=True, tag="complete_task"):
    """Execution number `execution` of the stage's present task has answered."""

    execution: int
    result: TaskResult


class CompleteStage(AboutStage, frozen=True, gc=True, tag="complete_stage"):
    """The stage has come to its end."""

    status: Status
    outputs: dict[str, Any] = {}
    failure: Failure | None = None


class CompleteWorkflow(_Message, frozen=True, tag="complete_workflow"):
    """See whether the run has come to its end, and end it if so."""


class CancelWorkflow(_Message, frozen=True, tag="cancel_workflow"):
    """Stop: what runs is cancelled, nothing new is started."""

    reason: str = "canceled by request"


class CancelStage(_Message, frozen=True, tag="cancel_stage"):
    """Stop the stage with this ref; the run goes on with what does not need it."""

    ref: str
    reason: str = "canceled by request"


class PauseWorkflow(_Message, frozen=True, tag="pause_workflow"):
    """Start no more stages until resumed; what runs is let finish."""


class ResumeWorkflow(_Message, frozen=True, tag="resume_workflow"):
    """Go on after a pause."""


class Signal(_Message, frozen=True, gc=True, tag="signal"):
    """A word from outside for the stage with this ref; kept until the stage asks for it."""

    ref: str
    payload: dict[str, Any] = {}


class RetryWorkflow(_Message, frozen=True, gc=True, tag="retry_workflow"):
    """Run the failed and cancelled stages of an ended run again, or stage `ref` and all after it.

    `names` are laid over those of the workflow from now on.
    """

    ref: str = ""
    names: dict[str, Any] = {}


class FireTimer(AboutStage, frozen=True, tag="fire_timer"):
    """The moment that the stage's execution `execution` was waiting for has come."""

    execution: int


class FinishChild(AboutStage, frozen=True, gc=True, tag="finish_child"):
    """The child run that the stage's execution `execution` started has ended."""

    execution: int
    child: str
    status: Status
    outputs: dict[str, Any] = {}
    failure: Failure | None = None


class RecoverWorkflow(_Message, frozen=True, tag="recover_workflow"):
    """The run was taken over: execute again whatever was being executed when its processor went away."""

    held: tuple[int, ...] = ()


Message = (
    StartWorkflow
    | StartStage
    | StartTask
    | RunTask
    | CompleteTask
    | CompleteStage
    | CompleteWorkflow
    | CancelWorkflow
    | CancelStage
    | PauseWorkflow
    | ResumeWorkflow
    | Signal
    | RetryWorkflow
    | FireTimer
    | FinishChild
    | RecoverWorkflow
)


class Outward(msgspec.Struct, frozen=True):
    """What all effects are: done by the processor once the change that they follow from is written."""


class Execute(Outward, frozen=True):
    """Run the present task of the stage."""

    stage: int
    execution: int


class Stop(Outward, frozen=True):
    """Stop the work of this execution; it answers CompleteTask when it is gone."""

    stage: int
    execution: int
    reason: str


class SetTimer(Outward, frozen=True):
    """Send FireTimer at this time."""

    stage: int
    execution: int
    at: int


class StartChild(Outward, frozen=True):
    """Create this run, which knows its parent, and start it; once, however often this is said."""

    workflow: Workflow


class Tell(Outward, frozen=True):
    """Send a message to another run."""

    run: str
    message: Message


Effect = Execute | Stop | SetTimer | StartChild | Tell
