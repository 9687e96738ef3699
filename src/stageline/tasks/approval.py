"""Waits for somebody's word: a signal with `approved`, and optionally `by` and `comment`. A no is final."""

import logging
from typing import ClassVar

import msgspec

from stageline.errors import DocumentError
from stageline.model.failure import Failure
from stageline.model.result import TaskResult
from stageline.tasks.settings import read_settings
from stageline.tasks.shapes import converted
from stageline.tasks.task import RunningStage, Task

log = logging.getLogger(__name__)
SECOND = 1_000_000


class Asked(msgspec.Struct, frozen=True):
    """Which try of which task of the stage has asked, and when it stops waiting."""

    task: int
    attempt: int
    until: int | None


class ApprovalSettings(msgspec.Struct, frozen=True):
    """What the context of an approval may hold. `approval_asked` is our own memory."""

    prompt: str = ""
    timeout: float | None = None
    approval_asked: Asked | None = None


class Word(msgspec.Struct, frozen=True):
    """The signal that answers."""

    approved: bool
    by: str = ""
    comment: str = ""


class ApprovalTask(Task):
    """Puts out approved, by and comment."""

    instant: ClassVar[bool] = True

    def execute(self, stage: RunningStage) -> TaskResult:
        return approve(stage, read_settings(stage, ApprovalSettings))


def approve(stage: RunningStage, settings: ApprovalSettings) -> TaskResult:
    """Ask, or take the word that has come."""
    asked = settings.approval_asked
    if asked is None or (asked.task, asked.attempt) != (stage.record.task, stage.record.attempt):
        return _ask(stage, settings)
    try:
        word = converted(stage.signal or {}, Word)
    except msgspec.ValidationError as error:
        return _ask_again(stage, asked, str(error))
    if not word.approved:
        who = word.by or "somebody"
        said = f": {word.comment}" if word.comment else ""
        return TaskResult.terminal(Failure(f"rejected by {who}{said}"), _outputs(word))
    return TaskResult.success(_outputs(word))


def _ask(stage: RunningStage, settings: ApprovalSettings) -> TaskResult:
    timeout = settings.timeout
    if timeout is not None and not timeout > 0:
        raise DocumentError(f"stage '{stage.ref_id}': timeout is a number of seconds above 0, not {timeout}")
    until = None if timeout is None else stage.execution.now() + round(timeout * SECOND)
    asked = Asked(stage.record.task, stage.record.attempt, until)
    return TaskResult.suspend(timeout, {"approval_asked": msgspec.to_builtins(asked)})


def _ask_again(stage: RunningStage, asked: Asked, problem: str) -> TaskResult:
    message = f"a signal was no approval: {problem}; it is like {{'approved': true, 'by': 'name', 'comment': 'text'}}"
    log.warning("approval run=%s stage=%s: %s", stage.execution.run, stage.ref_id, message)
    left = None if asked.until is None else max(0.0, (asked.until - stage.execution.now()) / SECOND)
    return TaskResult.suspend(left, {"approval_error": message})


def _outputs(word: Word) -> dict[str, object]:
    return {"approved": word.approved, "by": word.by, "comment": word.comment}
