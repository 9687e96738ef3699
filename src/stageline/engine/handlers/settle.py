"""What follows from the result of a task: on, again later, wait, back, or the end of its stage."""

from stageline.engine.events import StageWaiting, TaskEnded
from stageline.engine.graph import Node
from stageline.engine.handlers.await_signal import await_signal
from stageline.engine.handlers.fail_stage import end_stopped, fail_stage
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.jump import jump_back
from stageline.engine.handlers.run_plan import run_plan
from stageline.engine.handlers.start_child import start_child
from stageline.engine.handlers.stopping import end_below
from stageline.engine.handlers.timing import at_after, deadline, ring_at
from stageline.engine.messages import CompleteStage, StartTask
from stageline.engine.run import Run
from stageline.model.failure import Failure
from stageline.model.record import Waiting
from stageline.model.result import TaskResult
from stageline.model.status import Status


def settle(run: Run, node: Node, result: TaskResult) -> Answer:
    """What follows from the result of a node's present task."""
    if result.plan is not None:
        return run_plan(run, node, result)
    if node.inner is None:
        return _settled(run, node, result)
    return [*end_below(run, node, "it is not needed any more"), *_settled(run, node, result)]


def _settled(run: Run, node: Node, result: TaskResult) -> Answer:
    status = result.status
    if status is Status.SUCCEEDED:
        return _succeed(run, node, result)
    if status is Status.FAILED:
        return _fail(run, node, result)
    if node.record.stopping and (status is Status.CANCELED or not status.ended):
        return end_stopped(node, result.outputs)
    if status.ended:
        return (CompleteStage(node.seq, status, dict(result.outputs), result.failure),)
    if status is Status.SUSPENDED:
        return await_signal(run, node, result)
    if result.jump:
        return jump_back(run, node, result)
    if result.child is not None:
        return start_child(run, node, result.child)
    return wait(run, node, Waiting.POLL, result, at_after(run.now, result.after or 0))


def wait(run: Run, node: Node, waiting: Waiting, result: TaskResult, at: int) -> Answer:
    """Let the stage wait until `at` and then execute its task again; polling ends with the attempt's time."""
    limit = deadline(node)
    if waiting is Waiting.POLL and limit is not None:
        at = min(at, limit)
    run.apply(StageWaiting(run.now, node.seq, waiting, at, dict(result.context), result.failure))
    return ring_at(node, at)


def _succeed(run: Run, node: Node, result: TaskResult) -> Answer:
    last = max(len(node.spec.tasks) - 1, 0)
    if node.record.task == last:
        return (CompleteStage(node.seq, Status.SUCCEEDED, dict(result.outputs)),)
    run.apply(TaskEnded(run.now, node.seq, dict(result.outputs), dict(result.context)))
    if node.record.stopping:
        return end_stopped(node, {})
    return (StartTask(node.seq, node.record.task + 1),)


def _fail(run: Run, node: Node, result: TaskResult) -> Answer:
    failure = result.failure or Failure("failed without a reason")
    rule, attempt = node.spec.retry_rule, node.record.attempt
    if rule.wants(failure, attempt) and not node.record.stopping:
        delay = rule.delay_after(attempt, f"{run.id}/{node.spec.ref_id}")
        return wait(run, node, Waiting.RETRY, result, at_after(run.now, delay))
    return fail_stage(node, failure, result.outputs)
