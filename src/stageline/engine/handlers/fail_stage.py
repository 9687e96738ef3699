"""A stage fails: for good, or, if its author allows it to fail, so that what depends on it goes on."""

from collections.abc import Mapping
from typing import Any

from stageline.engine.graph import Node
from stageline.engine.handlers.handler import Answer
from stageline.engine.messages import CompleteStage
from stageline.model.failure import Failure
from stageline.model.status import Status


def fail_stage(node: Node, failure: Failure, outputs: Mapping[str, Any]) -> Answer:
    """End a stage with a failure that is not tried again."""
    status = Status.FAILED_CONTINUE if node.spec.on_failure == "continue" else Status.FAILED
    return (CompleteStage(node.seq, status, dict(outputs), failure),)
