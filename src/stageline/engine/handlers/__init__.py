"""One handler per message: pure functions over the run in memory, for the life of a run, for people and for time."""

from stageline.engine.handlers.complete_stage import CompleteStageHandler
from stageline.engine.handlers.complete_task import CompleteTaskHandler
from stageline.engine.handlers.complete_workflow import CompleteWorkflowHandler
from stageline.engine.handlers.control import (
    CancelStageHandler,
    CancelWorkflowHandler,
    PauseWorkflowHandler,
    ResumeWorkflowHandler,
)
from stageline.engine.handlers.finish_child import FinishChildHandler
from stageline.engine.handlers.fire_timer import FireTimerHandler
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.recover import RecoverWorkflowHandler
from stageline.engine.handlers.retry import RetryWorkflowHandler
from stageline.engine.handlers.run_task import RunTaskHandler
from stageline.engine.handlers.signal import SignalHandler
from stageline.engine.handlers.start_stage import StartStageHandler
from stageline.engine.handlers.start_task import StartTaskHandler
from stageline.engine.handlers.start_workflow import StartWorkflowHandler

__all__ = [
    "Answer",
    "CancelStageHandler",
    "CancelWorkflowHandler",
    "CompleteStageHandler",
    "CompleteTaskHandler",
    "CompleteWorkflowHandler",
    "FinishChildHandler",
    "FireTimerHandler",
    "Handler",
    "PauseWorkflowHandler",
    "RecoverWorkflowHandler",
    "ResumeWorkflowHandler",
    "RetryWorkflowHandler",
    "RunTaskHandler",
    "SignalHandler",
    "StartStageHandler",
    "StartTaskHandler",
    "StartWorkflowHandler",
    "default_handlers",
]

DEFAULTS: tuple[type[Handler], ...] = (
    StartWorkflowHandler,
    StartStageHandler,
    StartTaskHandler,
    RunTaskHandler,
    CompleteTaskHandler,
    CompleteStageHandler,
    CompleteWorkflowHandler,
    CancelWorkflowHandler,
    CancelStageHandler,
    PauseWorkflowHandler,
    ResumeWorkflowHandler,
    SignalHandler,
    RetryWorkflowHandler,
    FireTimerHandler,
    FinishChildHandler,
    RecoverWorkflowHandler,
)


def default_handlers() -> dict[type, Handler]:
    """A fresh handler for every message."""
    return {handler.message: handler() for handler in DEFAULTS}
