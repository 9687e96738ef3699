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
from stageline.targets.process import Ended
from stageline.targets.tree import mark_for_children, mark_of
from stageline.tasks.outcome import unanswered
from stageline.tasks.python_names import answered, checked_cwd, without_outputs
from stageline.tasks.python_pool import PythonPool
from stageline.tasks.python_wire import CallOrder


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """`uses` is looked for in the project's folder, which is also the working directory, and in the registries."""

    uses: str
    project: str
    args: Mapping[str, Any] = {}
    registries: tuple[str, ...] = ()
    env: Mapping[str, str] = {}


def run_call(pool: PythonPool, call: Call, folder: Path, cancellation: Cancellation) -> TaskResult:
    """Find the function, check its arguments, call it; coroutine functions are run to their end."""
    folder.mkdir(parents=True, exist_ok=True)
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
    end = pool.run(order, folder, cancellation)
    if isinstance(end, Ended):
        return without_outputs(unanswered(end, "function", "its outputs were"))
    return answered(end, order.stderr)
