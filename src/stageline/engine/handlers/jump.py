"""A stage may send the run back to itself or to a stage before it, a bounded number of times.

That stage and all that depends on it are reset and run again with fresh inputs; what is still at work there is stopped.
"""

from stageline.engine.events import StageReset
from stageline.engine.graph import Node, ancestors, descendants
from stageline.engine.handlers.calling import start_called
from stageline.engine.handlers.fail_stage import fail_stage
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.stopping import end_below, stop_work
from stageline.engine.messages import Effect
from stageline.engine.run import Run
from stageline.errors import did_you_mean
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status


def jump_back(run: Run, node: Node, result: TaskResult) -> Answer:
    """Reset the stage that `result` names and all after it; it must come before this one, and the limit holds."""
    before = {other.spec.ref_id: other for other in ancestors(node)} | {node.spec.ref_id: node}
    target = before.get(result.jump)
    problem = ""
    if target is None:
        known = did_you_mean(result.jump, before)
        problem = f"cannot jump to '{result.jump}': it is neither this stage nor one before it{known}"
    elif node.record.jumps >= node.spec.max_jumps:
        problem = f"jumped back to '{result.jump}' {node.record.jumps} times already, which is its max_jumps"
    if target is None or problem:
        failure = Failure(problem, Cause.DOCUMENT, permanent=True)
        return fail_stage(node, failure, {})
    again = descendants(target)
    reason = f"the run went back to '{result.jump}'"
    effects: list[Effect] = []
    for other in again:
        effects += end_below(run, other, reason)
        if other is not node and (effect := stop_work(run, other, reason)):
            effects.append(effect)
        if other.record.status is not Status.NOT_STARTED:
            context = dict(result.context) if other is target else {}
            run.apply(StageReset(run.now, other.seq, context, other.record.jumps + (other is node)))
    run.recount(node.group)
    return [*effects, *start_called(run)]
