"""A stage may be a whole run of its own: created and started with its parent's commit, under a computed id."""

from typing import Any

import msgspec

from stageline.engine.events import StageWaiting
from stageline.engine.graph import Node
from stageline.engine.handlers.fail_stage import fail_stage
from stageline.engine.handlers.handler import Answer
from stageline.engine.handlers.identity import child_id
from stageline.engine.handlers.timing import deadline, ring_at
from stageline.engine.messages import StartChild
from stageline.engine.run import Run
from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.record import Parent, Waiting
from stageline.model.workflow import from_plain

MAX_DEPTH = 10


def start_child(run: Run, node: Node, workflow: Any) -> Answer:
    """Start `workflow` as a run below this stage, unless the runs are nested too deep already."""
    depth = run.depth + 1
    if depth > MAX_DEPTH:
        return _refuse(
            node, f"runs are nested {MAX_DEPTH} deep at most; does this workflow start itself without an end?"
        )
    try:
        child = from_plain(workflow, child_id(run.id, node.seq, node.record.execution))
    except DocumentError as error:
        return _refuse(node, str(error))
    until = deadline(node)
    run.apply(StageWaiting(run.now, node.seq, Waiting.CHILD, until))
    parent = Parent(run.id, node.seq, node.record.execution, depth)
    return [StartChild(msgspec.structs.replace(child, parent=parent)), *ring_at(node, until)]


def _refuse(node: Node, why: str) -> Answer:
    return fail_stage(node, Failure(why, Cause.CHILD, permanent=True), {})
