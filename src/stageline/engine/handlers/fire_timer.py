"""What a stage waited for is due: the next try, the next look, or the end of its patience for a signal.

A timer of an earlier execution changes nothing; one that rings while the run is paused is set again when it goes on.
"""

from stageline.engine.events import TaskExecuted
from stageline.engine.graph import Node
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.settle import settle
from stageline.engine.handlers.stopping import stop_stages
from stageline.engine.handlers.timing import deadline, out_of_time
from stageline.engine.messages import FireTimer, RunTask, SetTimer
from stageline.engine.run import Run
from stageline.model.failure import Cause, Failure
from stageline.model.record import Waiting
from stageline.model.result import TaskResult


class FireTimerHandler(Handler):
    """Ends a wait whose time has come."""

    message = FireTimer

    def handle(self, run: Run, message: FireTimer) -> Answer:
        node = run.nodes[message.stage]
        record = node.record
        if not node.is_active or record.wake_at is None or record.execution != message.execution or not run.lets(node):
            return ()
        if record.wake_at > run.now:
            return (SetTimer(node.seq, record.execution, record.wake_at),)
        return _wake(run, node)


def _wake(run: Run, node: Node) -> Answer:
    record = node.record
    if record.waiting is Waiting.SIGNAL:
        return settle(run, node, TaskResult.failed(Failure("no signal came in time", Cause.TIMEOUT)))
    limit = deadline(node)
    if record.waiting is Waiting.POLL and limit is not None and run.now >= limit:
        return settle(run, node, TaskResult.failed(Failure(out_of_time(node), Cause.TIMEOUT)))
    if record.waiting in (Waiting.SCOPES, Waiting.CHILD):
        return stop_stages(run, [node], out_of_time(node), timed_out=True)
    attempt = record.attempt + (record.waiting is Waiting.RETRY)
    run.apply(TaskExecuted(run.now, node.seq, attempt))
    return (RunTask(node.seq),)
