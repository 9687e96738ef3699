"""A stage starts once all that it needs is there, unless the run is paused or stopping; then it is left as it was."""

from stageline.engine.events import StageStarted
from stageline.engine.handlers.calling import start_called
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.messages import StartStage, StartTask
from stageline.engine.run import Run


class StartStageHandler(Handler):
    """Starts a stage."""

    message = StartStage

    def handle(self, run: Run, message: StartStage) -> Answer:
        node = run.nodes[message.stage]
        if not node.is_startable or node.group.closed or not run.lets(node):
            return ()
        run.apply(StageStarted(run.now, node.seq))
        if node.is_scope:
            return start_called(run)
        return (StartTask(node.seq, 0),)
