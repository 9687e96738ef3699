"""A stage with others below it goes on when they have: a scope ends with its stages, a planner is asked again.

A planner is asked while there is room and it has more, and at the end, when nothing runs below it any more.
"""

from stageline.engine.events import TaskExecuted
from stageline.engine.graph import Group, Node
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.tolerance import spoilt
from stageline.engine.messages import CompleteStage, RunTask
from stageline.engine.run import Run
from stageline.model.failure import Failure
from stageline.model.status import Status


def go_on(run: Run, owner: Node) -> Answer:
    """What follows, for the stage that they are below, from what has become of the stages of its group."""
    group, record = owner.inner, owner.record
    if group is None or not owner.awaits_scopes:
        return ()
    over = group.is_over or (bool(record.stopping) and _nothing_goes_on(run, group))
    if owner.is_scope:
        return (_end_of_scope(owner),) if over else ()
    asked_for_more = record.more and group.has_room and not record.stopping
    if not asked_for_more and (not over or (record.more and not group.closed and not record.stopping)):
        return ()
    run.apply(TaskExecuted(run.now, owner.seq, record.attempt))
    return (RunTask(owner.seq),)


def _nothing_goes_on(run: Run, group: Group) -> bool:
    """Whether nothing runs in a group whose owner is being stopped, and nothing shielded is about to."""
    return group.active == 0 and not any(node.is_startable and run.lets(node) for node in group.nodes)


def _end_of_scope(scope: Node) -> CompleteStage:
    assert scope.inner is not None
    nodes = scope.inner.nodes
    ended = [node for node in nodes if node.record.status.ended]
    outputs = {node.spec.ref_id: node.record.outcome(node.record.outputs) for node in ended}
    if scope.record.stopping:
        return CompleteStage(scope.seq, Status.CANCELED, outputs, Failure(scope.record.stopping))
    status, failure = spoilt(nodes)
    return CompleteStage(scope.seq, status, outputs, failure)
