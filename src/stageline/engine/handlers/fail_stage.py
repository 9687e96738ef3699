"""A stage ends badly: stopped, or failed, for good or, if its author allows that, so that the rest goes on."""

from collections.abc import Mapping
from typing import Any

from stageline.engine.graph import Node
from stageline.engine.handlers.handler import Answer
from stageline.engine.messages import CompleteStage
from stageline.model.failure import Cause, Failure
from stageline.model.status import Status


def end_stopped(node: Node, outputs: Mapping[str, Any]) -> Answer:
    """End a stage whose work was stopped: it was out of time, or it was canceled."""
    reason = node.record.stopping
    if node.record.timed_out:
        return fail_stage(node, Failure(reason, Cause.TIMEOUT), outputs)
    return (CompleteStage(node.seq, Status.CANCELED, dict(outputs), Failure(reason)),)


def fail_stage(node: Node, failure: Failure, outputs: Mapping[str, Any]) -> Answer:
    """End a stage with a failure that is not tried again."""
    status = Status.FAILED_CONTINUE if node.spec.on_failure == "continue" else Status.FAILED
    return (CompleteStage(node.seq, status, dict(outputs), failure),)
