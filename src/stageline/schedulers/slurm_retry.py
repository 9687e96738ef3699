"""What to ask for when an element failed and is to be tried again: more of what it had too little of. Pure."""

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.model.resources import Resources

_MORE = 2


def next_resources(failure: Failure, had: Resources, node: str = "") -> Resources:
    """Twice the memory or the time after want of it, another node after the loss of one; else what it had."""
    match failure.cause:
        case Cause.OUT_OF_MEMORY if had.mem is not None:
            return msgspec.structs.replace(had, mem=had.mem * _MORE)
        case Cause.TIMEOUT if had.time is not None:
            return msgspec.structs.replace(had, time=had.time * _MORE)
        case Cause.NODE if node:
            kept = tuple(option for option in had.sbatch_opts or () if not option.startswith("--exclude="))
            before = [option.partition("=")[2] for option in had.sbatch_opts or () if option.startswith("--exclude=")]
            return msgspec.structs.replace(had, sbatch_opts=(*kept, f"--exclude={','.join([*before, node])}"))
        case _:
            return had


def may_help(failure: Failure, had: Resources) -> bool:
    """Whether trying again can end otherwise: it cannot when what was too little was not said, so that it stays so."""
    match failure.cause:
        case Cause.OUT_OF_MEMORY:
            return had.mem is not None
        case Cause.TIMEOUT:
            return had.time is not None
        case Cause.CANCELED:
            return False
        case _:
            return True
