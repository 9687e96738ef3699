"""A run that has ended may go on, with its failed and canceled stages or from a given one. What succeeded is kept."""

from stageline.engine.events import RunRetried, StageReset
from stageline.engine.graph import Node, descendants, is_fatal
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.recover import start_all
from stageline.engine.messages import CompleteWorkflow, RetryWorkflow
from stageline.engine.run import Run
from stageline.model.status import Status


class RetryWorkflowHandler(Handler):
    """Begins another round of an ended run."""

    message = RetryWorkflow

    def handle(self, run: Run, message: RetryWorkflow) -> Answer:
        chosen = run.find(message.ref)
        if not run.record.status.ended or (message.ref and chosen is None):
            return ()
        again = (
            descendants(chosen) if chosen else [node for node in run.root.nodes if _is_unmet(node) and is_fatal(node)]
        )
        run.apply(RunRetried(run.now, message.names))
        for node in again:
            if node.record.status is not Status.NOT_STARTED:
                run.apply(StageReset(run.now, node.seq))
        run.recount(run.root)
        return [*start_all(run), CompleteWorkflow()]


def _is_unmet(node: Node) -> bool:
    return node.record.status.ended and not node.record.status.met
