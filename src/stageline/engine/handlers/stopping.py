"""Stages are stopped in order: what is executed is asked to go, and ends when it is gone; the rest ends at once."""

from collections.abc import Iterable

from stageline.engine.events import StageEnded, StageStopping
from stageline.engine.handlers.identity import child_id
from stageline.engine.messages import CancelWorkflow, Effect, Message, Stop, Tell
from stageline.engine.run import Node, Run
from stageline.model.failure import Failure
from stageline.model.record import Waiting
from stageline.model.status import Status


def stop_stages(run: Run, nodes: Iterable[Node], reason: str) -> list[Message | Effect]:
    """Stop these stages; those that had not ended yet end as canceled, now or when their work is gone."""
    effects: list[Message | Effect] = []
    for node in nodes:
        if node.record.status.ended or node.record.stopping:
            continue
        if effect := stop_work(run, node, reason):
            run.apply(StageStopping(run.now, node.seq, reason))
            effects.append(effect)
        else:
            run.apply(StageEnded(run.now, node.seq, Status.CANCELED, failure=Failure(reason)))
    return effects


def stop_work(run: Run, node: Node, reason: str) -> Effect | None:
    """What stops the work that a stage has going on in the world, if there is any."""
    if node.is_executing:
        return Stop(node.seq, node.record.execution, reason)
    if node.is_active and node.record.waiting is Waiting.CHILD:
        return Tell(child_id(run, node), CancelWorkflow(reason))
    return None
