"""The kinds of stages: one file each, with its fields and what it does. Users subclass these for kinds of their own.

The public names, each imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stageline.errors import StageCancelError, StageError, StageSkipError
    from stageline.stages.approval import ApprovalStage
    from stageline.stages.base import BaseAsyncStage, BaseNestedStage, BaseRetryStage, BaseStage
    from stageline.stages.bash import BashStage
    from stageline.stages.call import CallStage
    from stageline.stages.case import CaseStage, Match
    from stageline.stages.docker import DockerStage
    from stageline.stages.empty import EmptyStage
    from stageline.stages.foreach import ForEachStage
    from stageline.stages.group import GroupStage
    from stageline.stages.matrix import MatrixStage
    from stageline.stages.parallel import ParallelStage
    from stageline.stages.python import PyStage
    from stageline.stages.raise_error import RaiseStage
    from stageline.stages.result import CANCEL, FAILED, SKIP, SUCCESS, WAIT, Result
    from stageline.stages.trigger import TriggerStage
    from stageline.stages.try_catch import TryStage
    from stageline.stages.until import UntilStage
    from stageline.stages.virtual_python import VirtualPyStage

_HOMES = {
    "errors": "StageCancelError StageError StageSkipError",
    "stages.approval": "ApprovalStage",
    "stages.base": "BaseAsyncStage BaseNestedStage BaseRetryStage BaseStage",
    "stages.bash": "BashStage",
    "stages.call": "CallStage",
    "stages.case": "CaseStage Match",
    "stages.docker": "DockerStage",
    "stages.empty": "EmptyStage",
    "stages.foreach": "ForEachStage",
    "stages.group": "GroupStage",
    "stages.matrix": "MatrixStage",
    "stages.parallel": "ParallelStage",
    "stages.python": "PyStage",
    "stages.raise_error": "RaiseStage",
    "stages.result": "CANCEL FAILED Result SKIP SUCCESS WAIT",
    "stages.trigger": "TriggerStage",
    "stages.try_catch": "TryStage",
    "stages.until": "UntilStage",
    "stages.virtual_python": "VirtualPyStage",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "CANCEL",
    "FAILED",
    "SKIP",
    "SUCCESS",
    "WAIT",
    "ApprovalStage",
    "BaseAsyncStage",
    "BaseNestedStage",
    "BaseRetryStage",
    "BaseStage",
    "BashStage",
    "CallStage",
    "CaseStage",
    "DockerStage",
    "EmptyStage",
    "ForEachStage",
    "GroupStage",
    "Match",
    "MatrixStage",
    "ParallelStage",
    "PyStage",
    "RaiseStage",
    "Result",
    "StageCancelError",
    "StageError",
    "StageSkipError",
    "TriggerStage",
    "TryStage",
    "UntilStage",
    "VirtualPyStage",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'stageline.stages' has no attribute '{name}'")
    value = getattr(import_module(f"stageline.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
