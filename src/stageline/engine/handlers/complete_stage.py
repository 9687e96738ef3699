"""A stage ends: what depends on it may start; but if it failed for good, the run stops, unless it is to keep going."""

from stageline.engine.events import RunStopping, StageEnded
from stageline.engine.graph import Node, is_fatal
from stageline.engine.handlers.calling import start_called
from stageline.engine.handlers.going_on import go_on
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.stopping import stop_stages
from stageline.engine.messages import CompleteStage, CompleteWorkflow
from stageline.engine.run import Run
from stageline.model.failure import Failure
from stageline.model.status import Status


class CompleteStageHandler(Handler):
    """Ends a stage."""

    message = CompleteStage

    def handle(self, run: Run, message: CompleteStage) -> Answer:
        node = run.nodes[message.stage]
        run.apply(StageEnded(run.now, node.seq, message.status, message.outputs, message.failure))
        if (owner := node.group.owner) is not None:
            return [*start_called(run), *go_on(run, owner)]
        failed = message.status is Status.FAILED
        if failed and not run.keep_going and run.record.stopping is None and is_fatal(node):
            return _stop(run, node)
        called = start_called(run)
        return [*called, CompleteWorkflow()] if run.is_over else called


def _stop(run: Run, node: Node) -> Answer:
    record = node.record
    verb = "failed" if record.failure is None else f"failed: {record.failure.message}"
    failure = Failure(f"stage '{node.spec.ref_id}' {verb}")
    run.apply(RunStopping(run.now, record.status, failure))
    active = [other for other in run.root.nodes if other.is_active]
    return [*stop_stages(run, active, failure.message), CompleteWorkflow()]
