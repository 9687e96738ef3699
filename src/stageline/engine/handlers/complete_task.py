"""A task has answered. An answer that belongs to an earlier execution is late or doubled, and changes nothing."""

from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.settle import settle
from stageline.engine.messages import CompleteTask
from stageline.engine.run import Run


class CompleteTaskHandler(Handler):
    """Does what the answer of a task says."""

    message = CompleteTask

    def handle(self, run: Run, message: CompleteTask) -> Answer:
        node = run.nodes[message.stage]
        if not node.is_executing or node.record.execution != message.execution:
            return ()
        return settle(run, node, message.result)
