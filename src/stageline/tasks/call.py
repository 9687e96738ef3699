"""Calls a function of the user's in a warm worker: their modules never enter the engine's process.

What it returns is its outputs; what it prints is in the log files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from stageline.model.jsonvalue import canonical
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.targets.masking import Mask
from stageline.targets.tree import mark_for_children, mark_of
from stageline.tasks.python_executor import PythonExecutor
from stageline.tasks.python_result import checked_cwd, run_order
from stageline.tasks.python_wire import CallOrder


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """`uses` is looked for in the project's folder, which is also the working directory, and in the registries."""

    uses: str
    project: str
    args: Mapping[str, Any] = {}
    registries: tuple[str, ...] = ()
    env: Mapping[str, str] = {}


def run_call(
    executor: PythonExecutor, call: Call, folder: Path, cancellation: Cancellation, mask: Mask | None = None
) -> TaskResult:
    """Find the function, check its arguments, call it; coroutine functions are run to their end."""
    order = CallOrder(
        uses=call.uses,
        args=canonical(call.args, "args")[1],
        folder=call.project,
        registries=call.registries,
        stdout=str(folder / "stdout"),
        stderr=str(folder / "stderr"),
        mark=mark_for_children(mark_of(folder)),
        cwd=checked_cwd(call.project),
        env=dict(call.env),
        path=(call.project,),
    )
    return run_order(executor, order, cancellation, mask)
