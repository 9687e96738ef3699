"""Stages that a task asks for while the run is going on: grouped into scopes, so many of which run at a time.

A scope is a small graph of its own under a key. Its `names` are seen by all stages inside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.model.graph import REF_LIMIT, check_graph, name_problem
from stageline.model.jsonvalue import canonical
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


def checked_plan(stage: str, answer: object) -> Plan:
    """A private copy of what a task asks for, as JSON gives it back; DocumentError when it cannot be followed."""
    try:
        plain = msgspec.to_builtins(answer)
        plan = msgspec.convert(canonical({"plan": plain}, "")[0]["plan"], Plan)
    except msgspec.ValidationError as error:
        raise DocumentError(str(error)) from error
    except (TypeError, RecursionError) as error:
        raise DocumentError(f"it is not JSON: {error}") from error
    if plan.limit < 0:
        raise DocumentError(f"limit is a number of scopes, or 0 for all at once, not {plan.limit}")
    for scope in plan.scopes:
        if problem := name_problem(scope.key, "key"):
            raise DocumentError(f"scope '{scope.key[:REF_LIMIT]}': {problem}")
        check_graph(f"{stage}/{scope.key}", scope.stages)
    return plan
