"""Names that are computed, not drawn, so that a step that is taken again names the same thing."""

from hashlib import blake2b

from stageline.engine.graph import Node
from stageline.engine.run import Run


def child_id(run: Run, node: Node) -> str:
    """The id of the run that this execution of a stage starts."""
    return blake2b(f"{run.id}/{node.seq}/{node.record.execution}".encode(), digest_size=8).hexdigest()
