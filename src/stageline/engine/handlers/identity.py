"""Names that are computed, not drawn, so that a step that is taken again names the same thing."""

from hashlib import blake2b


def child_id(run: str, stage: int, execution: int) -> str:
    """The id of the run that this execution of a stage starts."""
    return blake2b(f"{run}/{stage}/{execution}".encode(), digest_size=8).hexdigest()
