"""What the ends of stages mean for their whole. A failure that a join could do without spoils nothing."""

from collections.abc import Sequence

from stageline.engine.graph import Node, is_fatal
from stageline.model.failure import Failure
from stageline.model.status import Status, combine


def spoilt(nodes: Sequence[Node]) -> tuple[Status, Failure | None]:
    """How a run or a scope of these stages has ended, and what spoilt it if anything did."""
    ended = [node for node in nodes if node.record.status.ended]
    fatal = [node for node in ended if not node.record.status.met and is_fatal(node)]
    met = [node.record.status for node in ended if node.record.status.met]
    return combine([*met, *(node.record.status for node in fatal)]), _failure_of(fatal)


def _failure_of(fatal: list[Node]) -> Failure | None:
    if not fatal:
        return None
    said = [f"stage '{node.spec.ref_id}' {_words(node)}" for node in fatal[:3]]
    more = f" and {len(fatal) - 3} more" if len(fatal) > 3 else ""
    return Failure("; ".join(said) + more)


def _words(node: Node) -> str:
    word = "failed" if node.record.status is Status.FAILED else "was canceled"
    return f"{word}: {node.record.failure.message}" if node.record.failure else word
