"""An attempt ends badly: stopped, or failed, to be tried again, for good, or, if its author allows, so that the rest
goes on.
"""

from collections.abc import Mapping
from typing import Any

from stageline.engine.graph import Node
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.timing import at_after
from stageline.engine.handlers.waiting import wait
from stageline.engine.messages import CompleteStage
from stageline.engine.run import Run
from stageline.model.failure import Cause, Failure
from stageline.model.record import Waiting
from stageline.model.result import TaskResult
from stageline.model.status import Status


def end_stopped(run: Run, node: Node, outputs: Mapping[str, Any]) -> Answer:
    """End a stage whose work was stopped, as canceled; one that was out of time has failed, and may be tried again."""
    reason = node.record.stopping
    if node.record.timed_out:
        return try_again_or_fail(run, node, TaskResult.failed(Failure(reason, Cause.TIMEOUT), outputs))
    return (CompleteStage(node.seq, Status.CANCELED, dict(outputs), Failure(reason)),)


def try_again_or_fail(run: Run, node: Node, result: TaskResult) -> Answer:
    """What follows from a failed attempt: another one later, if the stage's rule wants it and nobody stops it."""
    failure = result.failure or Failure("failed without a reason")
    rule, attempt = node.spec.retry_rule, node.record.attempt
    stopped = bool(node.record.stopping) and (not node.record.timed_out or run.stops_around(node))
    if stopped or not rule.wants(failure, attempt):
        return fail_stage(node, failure, result.outputs)
    delay = rule.delay_after(attempt, f"{run.id}/{node.spec.ref_id}")
    return wait(run, node, Waiting.RETRY, result, at_after(run.now, delay))


def fail_stage(node: Node, failure: Failure, outputs: Mapping[str, Any]) -> Answer:
    """End a stage with a failure that is not tried again."""
    status = Status.FAILED_CONTINUE if node.spec.on_failure == "continue" else Status.FAILED
    return (CompleteStage(node.seq, status, dict(outputs), failure),)
