"""A stage waits until a time, and then its task is executed again."""

from stageline.engine.events import StageWaiting
from stageline.engine.graph import Node
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.timing import deadline, ring_at
from stageline.engine.run import Run
from stageline.model.record import Waiting
from stageline.model.result import TaskResult


def wait(run: Run, node: Node, waiting: Waiting, result: TaskResult, at: int) -> Answer:
    """Let the stage wait until `at` and then execute its task again; polling ends with the attempt's time."""
    limit = deadline(node)
    if waiting is Waiting.POLL and limit is not None:
        at = min(at, limit)
    run.apply(StageWaiting(run.now, node.seq, waiting, at, dict(result.context), result.failure))
    return ring_at(node, at)
