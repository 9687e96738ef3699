"""A stage may ask for stages below it while the run goes on. They are numbered, kept with the answer, and started."""

import msgspec

from stageline.engine.events import StagesPlanned
from stageline.engine.graph import Node, above
from stageline.engine.handlers.calling import start_called
from stageline.engine.handlers.fail_stage import end_stopped, fail_stage
from stageline.engine.handlers.going_on import go_on
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.stopping import end_below
from stageline.engine.handlers.timing import deadline, ring_at
from stageline.engine.run import Run
from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.plan import SCOPE, Plan, Scope, checked_plan
from stageline.model.record import NEW_STAGE
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution

MAX_NESTING = 50


def run_plan(run: Run, node: Node, result: TaskResult) -> Answer:
    """Start what the answer of a stage's task asks for; only what is shielded, if the stage is being canceled."""
    try:
        plan = checked_plan(node.spec.ref_id, result.plan)
        scopes = _wanted(node, plan)
    except DocumentError as error:
        failure = Failure(f"the plan cannot be followed: {error}", Cause.DOCUMENT, permanent=True)
        return [*end_below(run, node, "the plan cannot be followed"), *fail_stage(node, failure, {})]
    if node.record.stopping and not scopes and not (node.inner and node.inner.active):
        return end_stopped(run, node, {})
    stages = numbered(node, scopes, run.next_number)
    more = plan.more and not node.record.stopping
    until, context = deadline(node), dict(result.context)
    run.apply(StagesPlanned(run.now, node.seq, run.next_number, stages, plan.limit, more, plan.halt, until, context))
    called = start_called(run)
    # Who has more, but nothing now, is asked again when something has ended.
    follows = go_on(run, node) if scopes or not more else ()
    return [*called, *follows, *ring_at(node, until)]


def _wanted(node: Node, plan: Plan) -> list[Scope]:
    """The plan's scopes, checked: there must be something to wait for, under names that are not taken."""
    scopes = [scope for scope in plan.scopes if scope.shielded or not node.record.stopping]
    before, now = node.inner.refs if node.inner else {}, set[str]()
    for scope in scopes:
        if scope.key in before or scope.key in now:
            raise DocumentError(f"scope '{scope.key}' was planned before")
        now.add(scope.key)
    if not node.record.stopping and not scopes and (node.inner is None or node.inner.is_over):
        raise DocumentError("it has no scopes, and none is running: there is nothing to wait for")
    if len(above(node)) > 2 * MAX_NESTING:
        raise DocumentError(f"stages are nested {MAX_NESTING} deep at most; does it plan itself without an end?")
    return scopes


def numbered(node: Node, scopes: list[Scope], first: int) -> tuple[StageExecution, ...]:
    """The scopes and their stages as stages, each of which knows the number of the one that it is below."""
    stages: list[StageExecution] = []
    for scope in scopes:
        number = first + len(stages)
        context = {"names": dict(scope.names), "shielded": scope.shielded}
        epoch = node.record.epoch
        stages.append(StageExecution(ref_id=scope.key, type=SCOPE, context=context, parent=node.seq, epoch=epoch))
        below = msgspec.structs.replace
        stages += [below(stage, parent=number, epoch=0, record=NEW_STAGE) for stage in scope.stages]
    return tuple(stages)
