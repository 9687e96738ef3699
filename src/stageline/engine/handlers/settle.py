"""What follows from the result of a task: on, again later, wait, back, or the end of its stage."""

from stageline.engine.events import TaskEnded
from stageline.engine.graph import Node
from stageline.engine.handlers.await_signal import await_signal
from stageline.engine.handlers.fail_stage import end_stopped, try_again_or_fail
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.jump import jump_back
from stageline.engine.handlers.run_plan import run_plan
from stageline.engine.handlers.start_child import start_child
from stageline.engine.handlers.stopping import end_below
from stageline.engine.handlers.timing import at_after
from stageline.engine.handlers.waiting import wait
from stageline.engine.messages import CompleteStage, StartTask
from stageline.engine.run import Run
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
        return try_again_or_fail(run, node, result)
    if node.record.stopping and (status is Status.CANCELED or not status.ended):
        return end_stopped(run, node, result.outputs)
    if status.ended:
        return (CompleteStage(node.seq, status, dict(result.outputs), result.failure),)
    if status is Status.SUSPENDED:
        return await_signal(run, node, result)
    if result.jump:
        return jump_back(run, node, result)
    if result.child is not None:
        return start_child(run, node, result.child)
    return wait(run, node, Waiting.POLL, result, at_after(run.now, result.after or 0))


def _succeed(run: Run, node: Node, result: TaskResult) -> Answer:
    last = max(len(node.spec.tasks) - 1, 0)
    if node.record.task == last:
        return (CompleteStage(node.seq, Status.SUCCEEDED, dict(result.outputs)),)
    run.apply(TaskEnded(run.now, node.seq, dict(result.outputs), dict(result.context)))
    if node.record.stopping:
        return end_stopped(run, node, {})
    return (StartTask(node.seq, node.record.task + 1),)
