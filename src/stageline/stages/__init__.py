"""The kinds of stages: one file each, with its fields and what it does. Users subclass these for kinds of their own.

The public names, each imported when it is first asked for.
"""

from typing import TYPE_CHECKING

from stageline.lazy import lazily

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
    "stageline.errors": "StageCancelError StageError StageSkipError",
    "stageline.stages.approval": "ApprovalStage",
    "stageline.stages.base": "BaseAsyncStage BaseNestedStage BaseRetryStage BaseStage",
    "stageline.stages.bash": "BashStage",
    "stageline.stages.call": "CallStage",
    "stageline.stages.case": "CaseStage Match",
    "stageline.stages.docker": "DockerStage",
    "stageline.stages.empty": "EmptyStage",
    "stageline.stages.foreach": "ForEachStage",
    "stageline.stages.group": "GroupStage",
    "stageline.stages.matrix": "MatrixStage",
    "stageline.stages.parallel": "ParallelStage",
    "stageline.stages.python": "PyStage",
    "stageline.stages.raise_error": "RaiseStage",
    "stageline.stages.result": "CANCEL FAILED Result SKIP SUCCESS WAIT",
    "stageline.stages.trigger": "TriggerStage",
    "stageline.stages.try_catch": "TryStage",
    "stageline.stages.until": "UntilStage",
    "stageline.stages.virtual_python": "VirtualPyStage",
}

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

__getattr__, __dir__ = lazily(__name__, _HOMES)
