"""A run begins: all stages that need nothing may start. Said twice, it begins once."""

from stageline.engine.events import RunStarted
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.recover import start_all
from stageline.engine.messages import StartWorkflow
from stageline.engine.run import Run
from stageline.model.status import Status


class StartWorkflowHandler(Handler):
    """Begins a run."""

    message = StartWorkflow

    def handle(self, run: Run, message: StartWorkflow) -> Answer:
        if run.record.status is not Status.NOT_STARTED:
            return ()
        run.apply(RunStarted(run.now))
        return start_all(run)
