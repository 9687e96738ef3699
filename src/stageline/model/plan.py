"""Stages that a task asks for while the run is going on: grouped into scopes, so many of which run at a time.

A scope is a small graph of its own under a key. Its `names` are seen by all stages inside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stageline.model.graph import check_graph
from stageline.model.stage import StageExecution

SCOPE = "scope"


class Scope(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Stages to run under `key`. A shielded scope also runs when its stage is being canceled."""

    key: str
    stages: Sequence[StageExecution]
    names: Mapping[str, Any] = {}
    shielded: bool = False


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Scopes to run, at most `limit` at a time (0: all). With `more`, the task is asked again while there is room.

    With `halt`, a scope that fails lets no more scopes start.
    """

    scopes: Sequence[Scope]
    limit: int = 0
    more: bool = False
    halt: bool = False


def check_plan(stage: str, plan: Plan) -> None:
    """Raise GraphError when a scope's stages do not form a graph, or two scopes have one key."""
    for scope in plan.scopes:
        check_graph(f"{stage}/{scope.key}", scope.stages)
