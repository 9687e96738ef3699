"""An order with what it needs, and who is told of its end. Whoever hands it over need not wait for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from stageline.model.failure import Failure
from stageline.model.resources import Resources
from stageline.targets.target import Order, State

Sink: TypeAlias = Callable[[bytes], None]


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an errand. `state` is how its command ended, if that is known.

    `failure` is what a scheduler tells of the end, or why nothing could begin; `stopped` is why we have ended it.
    `node` is the machine of a cluster that it was on.
    """

    state: State | None = None
    failure: Failure | None = None
    stopped: str = ""
    node: str = ""


class Errand(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """`answer` is called once, from any thread, and must not block. One that is `grown` asks for more than its author
    has said, as that was too little: where there is not so much, it takes all that there is.

    `files` are there by their names before it begins: a name stands for one content. What files of the target come
    to hold while it runs is handed to the sinks of `follow`, all of it before the answer.
    """

    order: Order
    resources: Resources = Resources()
    grown: bool = False
    answer: Callable[[Ending], None]
    files: Mapping[str, bytes] = {}
    follow: Mapping[str, Sink] = {}

    @property
    def token(self) -> str:
        """What it is known by."""
        return self.order.token
