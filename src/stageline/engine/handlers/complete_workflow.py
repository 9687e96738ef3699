"""A run ends when nothing runs and nothing can start: canceled or failed if it was stopped so, else by its stages."""

from stageline.engine.events import RunEnded
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.tolerance import spoilt
from stageline.engine.messages import CompleteWorkflow, FinishChild, Tell
from stageline.engine.run import Run
from stageline.model.failure import Failure
from stageline.model.status import Status


class CompleteWorkflowHandler(Handler):
    """Ends a run, and tells the stage that waits for it."""

    message = CompleteWorkflow

    def handle(self, run: Run, message: CompleteWorkflow) -> Answer:
        if run.record.status.ended or not run.is_over:
            return ()
        status, failure = _outcome(run)
        run.apply(RunEnded(run.now, status, failure))
        return (_tell_parent(run),) if run.parent else ()


def _outcome(run: Run) -> tuple[Status, Failure | None]:
    if run.record.stopping is not None:
        return run.record.stopping, run.record.failure
    return spoilt(run.root.nodes)


def _tell_parent(run: Run) -> Tell:
    parent = run.parent
    assert parent is not None
    ended = (node for node in run.root.nodes if node.record.status is not Status.NOT_STARTED)
    stages = {node.spec.ref_id: node.record.outcome(node.record.outputs) for node in ended}
    outputs = {"run": run.id, "status": run.record.status, "stages": stages}
    answer = FinishChild(parent.stage, parent.execution, run.id, run.record.status, outputs, run.record.failure)
    return Tell(parent.run, answer)
