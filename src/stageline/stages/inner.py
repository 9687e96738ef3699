"""The stages that a running stage holds: where they are kept, and their names, filled in as they are planned."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.model.stage import StageExecution
from stageline.stages.fields import evaluate, is_dynamic

INNER = "inner"


def named(executions: Sequence[StageExecution], names: Mapping[str, Any]) -> list[StageExecution]:
    """The same stages with the placeholders in their names filled in, as far as that can be done now."""
    return [_named(execution, names) if is_dynamic(execution.name) else execution for execution in executions]


def _named(execution: StageExecution, names: Mapping[str, Any]) -> StageExecution:
    try:
        name = str(evaluate(execution.name, names))
    except DocumentError:
        return execution
    return msgspec.structs.replace(execution, name=name)
