"""What may start is called; if it is a join that does not need the others any more, they are stopped at once."""

from stageline.engine.graph import losers_of
from stageline.engine.handlers.stopping import stop_stages
from stageline.engine.messages import Effect, Message, StartStage
from stageline.engine.run import Run


def start_called(run: Run) -> list[Message | Effect]:
    """Start what may start since this was last asked."""
    answers: list[Message | Effect] = []
    for node in run.take_called():
        answers.append(StartStage(node.seq))
        if node.spec.join.cancel_losers:
            answers += stop_stages(run, losers_of(node), f"stage '{node.spec.ref_id}' did not need it any more")
    return answers
