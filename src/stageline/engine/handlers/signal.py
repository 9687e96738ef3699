"""A word from outside for a stage: handed over if the stage awaits one and the run is not paused, else kept.

Whether the run has such a stage is checked by who sends; here a word for nobody is dropped.
"""

from stageline.engine.events import SignalKept
from stageline.engine.handlers.await_signal import hand_over
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.messages import Signal
from stageline.engine.run import Run
from stageline.model.status import Status


class SignalHandler(Handler):
    """Hands a signal to its stage, or keeps it."""

    message = Signal

    def handle(self, run: Run, message: Signal) -> Answer:
        node = run.find(message.ref)
        if node is None or node.record.status.ended:
            return ()
        run.apply(SignalKept(run.now, node.seq, message.payload))
        if run.is_live and node.record.status is Status.SUSPENDED:
            return hand_over(run, node, node.record.kept_signals[0])
        return ()
