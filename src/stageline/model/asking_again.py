"""What to ask for when work failed and is to be tried again: more of what it had too little of. Pure."""

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.model.resource_words import memory_in_words, time_in_words
from stageline.model.resources import Resources

_MORE = 2
_EXCLUDE = "--exclude="


def next_resources(failure: Failure, had: Resources, node: str = "") -> Resources:
    """Twice the memory or the time after want of it, another node after the loss of one; else what it had."""
    match failure.cause:
        case Cause.OUT_OF_MEMORY if had.mem is not None:
            return msgspec.structs.replace(had, mem=had.mem * _MORE)
        case Cause.TIMEOUT if had.time is not None:
            return msgspec.structs.replace(had, time=had.time * _MORE)
        case Cause.NODE if node:
            kept = tuple(option for option in had.sbatch_opts or () if not option.startswith(_EXCLUDE))
            nodes = ",".join(filter(None, (_excluded(had), node)))
            return msgspec.structs.replace(had, sbatch_opts=(*kept, f"{_EXCLUDE}{nodes}"))
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


def difference(had: Resources, asked: Resources) -> str:
    """`mem 400M instead of 200M`: what is asked for now, and was not before; empty if that is nothing."""
    words = []
    if had.mem is not None and asked.mem is not None and asked.mem != had.mem:
        words.append(f"mem {memory_in_words(asked.mem)} instead of {memory_in_words(had.mem)}")
    if had.time is not None and asked.time is not None and asked.time != had.time:
        words.append(f"time {time_in_words(asked.time)} instead of {time_in_words(had.time)}")
    if (nodes := _excluded(asked)) != _excluded(had):
        words.append(f"a node other than {nodes}")
    return ", ".join(words)


def _excluded(given: Resources) -> str:
    options = [option for option in given.sbatch_opts or () if option.startswith(_EXCLUDE)]
    return ",".join(option.removeprefix(_EXCLUDE) for option in options)
