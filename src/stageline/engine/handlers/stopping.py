"""Stages are stopped in order: what is executed is asked to go, and ends when it is gone; the rest ends at once."""

from collections.abc import Iterable

from stageline.engine.events import StageEnded, StageStopping
from stageline.engine.graph import Node
from stageline.engine.handlers.going_on import go_on
from stageline.engine.handlers.identity import child_id
from stageline.engine.messages import CancelWorkflow, Effect, Message, StartStage, Stop, Tell
from stageline.engine.run import Run
from stageline.model.failure import Failure
from stageline.model.record import Waiting
from stageline.model.status import Status


def stop_stages(run: Run, nodes: Iterable[Node], reason: str, *, timed_out: bool = False) -> list[Message | Effect]:
    """Stop these stages, as canceled or as out of time; they end now, or when their work is gone."""
    answers: list[Message | Effect] = []
    for node in nodes:
        if not node.record.status.ended and not node.record.stopping:
            answers += _stop(run, node, StageStopping(run.now, node.seq, reason, timed_out))
    return answers


def _stop(run: Run, node: Node, stopping: StageStopping) -> list[Message | Effect]:
    reason = stopping.reason
    if node.inner is not None and (node.awaits_scopes or node.is_executing):
        run.apply(stopping)
        unshielded = [inner for inner in node.inner.nodes if not inner.is_shielded]
        below = [inner for inner in unshielded if inner.is_active or inner.is_scope]
        answers = stop_stages(run, below, reason)
        run.recount(node.inner)
        return [*answers, *(StartStage(called.seq) for called in run.take_called()), *go_on(run, node)]
    if effect := stop_work(run, node, reason):
        run.apply(stopping)
        return [effect]
    run.apply(StageEnded(run.now, node.seq, Status.CANCELED, failure=Failure(reason)))
    return []


def stop_work(run: Run, node: Node, reason: str) -> Effect | None:
    """What stops the work that a stage itself has going on in the world, if there is any."""
    if node.is_executing:
        return Stop(node.seq, node.record.execution, reason)
    if node.is_active and node.record.waiting is Waiting.CHILD:
        return Tell(child_id(run.id, node.seq, node.record.execution), CancelWorkflow(reason))
    return None


def end_below(run: Run, owner: Node, reason: str) -> list[Effect]:
    """End all stages that are below this one, and stop the work that they have going on."""
    effects: list[Effect] = []
    if owner.inner is None or owner.record.status.ended:
        return effects
    for node in list(owner.inner.nodes):
        effects += end_below(run, node, reason)
        if effect := stop_work(run, node, reason):
            effects.append(effect)
        if not node.record.status.ended:
            run.apply(StageEnded(run.now, node.seq, Status.CANCELED, failure=Failure(reason)))
    return effects
