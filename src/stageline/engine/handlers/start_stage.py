"""A stage starts once all that it needs is there, unless the run is paused or stopping; then it is left as it was.

One that goes on after its end, as every scope, has no work of its own: it waits for what is below it.
"""

from stageline.engine.events import StageStarted
from stageline.engine.handlers.calling import start_called
from stageline.engine.handlers.going_on import go_on
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.timing import at_after, ring_at
from stageline.engine.messages import StartStage, StartTask
from stageline.engine.run import Run
from stageline.model.record import Waiting


class StartStageHandler(Handler):
    """Starts a stage."""

    message = StartStage

    def handle(self, run: Run, message: StartStage) -> Answer:
        node = run.nodes[message.stage]
        if not node.is_startable or node.group.closed or not run.lets(node):
            return ()
        goes_on, timeout = node.record.waiting is Waiting.SCOPES, node.spec.timeout
        until = at_after(run.now, timeout) if goes_on and timeout is not None else None
        run.apply(StageStarted(run.now, node.seq, until))
        if node.awaits_scopes:
            return [*start_called(run), *go_on(run, node), *ring_at(node, until)]
        return (StartTask(node.seq, 0),)
