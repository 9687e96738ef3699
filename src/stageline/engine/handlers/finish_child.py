"""The end of a child run is the answer of the task that started it."""

from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.settle import settle
from stageline.engine.messages import FinishChild
from stageline.engine.run import Run
from stageline.model.failure import Cause, Failure
from stageline.model.record import Waiting
from stageline.model.result import TaskResult


class FinishChildHandler(Handler):
    """Ends the wait for a child run."""

    message = FinishChild

    def handle(self, run: Run, message: FinishChild) -> Answer:
        node = run.nodes[message.stage]
        record = node.record
        if record.status.ended or record.waiting is not Waiting.CHILD or record.execution != message.execution:
            return ()
        failure = None
        if not message.status.met:
            reason = f": {message.failure.message}" if message.failure else ""
            failure = Failure(f"child run {message.child} ended {message.status}{reason}", Cause.CHILD)
        return settle(run, node, TaskResult(message.status, message.outputs, failure=failure))
