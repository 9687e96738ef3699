"""What an attempt at a stage's work asks of the machine where it runs: what its author has said, or, after an attempt
that had too little of something, more of it. That is kept with the stage, before the next attempt begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stageline.model.asking_again import difference, next_resources
from stageline.model.resources import Resources
from stageline.model.result import TaskResult
from stageline.tasks.shapes import converted

ASKS = "asks"
NOTED = "asks"


class Asks(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked for, and in `words` what of it is not what the author has said."""

    resources: Resources
    words: str = ""


def asks_in(context: Mapping[str, Any]) -> Asks | None:
    """What earlier attempts have left for the next one to ask for."""
    return converted(context[ASKS], Asks) if ASKS in context else None


def more_asked(result: TaskResult, said: Resources, asked: Resources, node: str) -> TaskResult:
    """The result of an attempt that asked for this, on this node, with what another one is to ask for instead."""
    if result.failure is None:
        return result
    more = next_resources(result.failure, asked, node)
    if more == asked:
        return result
    asks = Asks(more, difference(said, more))
    return msgspec.structs.replace(result, context={**result.context, ASKS: msgspec.to_builtins(asks)})
