"""A task may wait for a word from outside. One that came before it was awaited was kept, and is handed over now."""

from stageline.engine.events import StageWaiting, TaskExecuted
from stageline.engine.graph import Node
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.timing import at_after, deadline, ring_at, soonest
from stageline.engine.messages import RunTask
from stageline.engine.run import Run
from stageline.model.record import Waiting
from stageline.model.result import TaskResult


def await_signal(run: Run, node: Node, result: TaskResult) -> Answer:
    """Suspend the stage, or hand over the oldest kept signal at once, unless the run is paused."""
    patience = None if result.after is None else at_after(run.now, result.after)
    at = soonest(patience, deadline(node))
    run.apply(StageWaiting(run.now, node.seq, Waiting.SIGNAL, at, dict(result.context)))
    if node.record.kept_signals and run.lets(node):
        return hand_over(run, node, node.record.kept_signals[0])
    return ring_at(node, at)


def hand_over(run: Run, node: Node, payload: dict[str, object]) -> Answer:
    """Execute the suspended task again, with a signal."""
    run.apply(TaskExecuted(run.now, node.seq, node.record.attempt, payload))
    return (RunTask(node.seq),)
