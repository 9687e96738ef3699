"""What people do to a run or a stage: cancel, pause, resume. Said twice, it happens once."""

from stageline.engine.events import RunPaused, RunResumed, RunStopping
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.recover import continue_waits, start_all
from stageline.engine.handlers.stopping import stop_stages, stop_work
from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    CompleteStage,
    CompleteWorkflow,
    PauseWorkflow,
    ResumeWorkflow,
)
from stageline.engine.run import Run
from stageline.model.failure import Failure
from stageline.model.status import Status


class CancelWorkflowHandler(Handler):
    """Stops a run: nothing new starts, what runs is stopped, and then the run ends as canceled."""

    message = CancelWorkflow

    def handle(self, run: Run, message: CancelWorkflow) -> Answer:
        if run.record.status.ended or run.record.stopping is not None:
            return ()
        run.apply(RunStopping(run.now, Status.CANCELED, Failure(message.reason)))
        active = [node for node in run.root.nodes if node.is_active]
        return [*stop_stages(run, active, message.reason), CompleteWorkflow()]


class CancelStageHandler(Handler):
    """Stops one stage; what needs it will not start, the rest of the run goes on."""

    message = CancelStage

    def handle(self, run: Run, message: CancelStage) -> Answer:
        node = run.find(message.ref)
        if node is None or node.record.status.ended or run.record.status.ended:
            return ()
        if node.awaits_scopes or stop_work(run, node, message.reason):
            return stop_stages(run, [node], message.reason)
        return (CompleteStage(node.seq, Status.CANCELED, failure=Failure(message.reason)),)


class PauseWorkflowHandler(Handler):
    """Lets no more stages start."""

    message = PauseWorkflow

    def handle(self, run: Run, message: PauseWorkflow) -> Answer:
        if run.is_live:
            run.apply(RunPaused(run.now))
        return ()


class ResumeWorkflowHandler(Handler):
    """Goes on with what the pause held back: stages, timers and signals."""

    message = ResumeWorkflow

    def handle(self, run: Run, message: ResumeWorkflow) -> Answer:
        if run.record.status is not Status.PAUSED:
            return ()
        run.apply(RunResumed(run.now))
        return [*continue_waits(run), *start_all(run)]
