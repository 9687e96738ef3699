"""Python text whose top-level names are its outputs, run in a warm worker.

Left out are imports, functions, classes, modules, names that begin with `_`, and variables that the text was given and
has neither assigned nor changed. What JSON cannot hold is left out too, and named in the log.
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
from stageline.tasks.python_wire import NamesOrder


class NamesScript(msgspec.Struct, frozen=True, kw_only=True):
    """A text, how it is called in tracebacks, and the variables it finds among its names.

    Its modules are looked for in `path` first; `env` is laid over the parent's environment.
    """

    text: str
    name: str
    vars: Mapping[str, Any] = {}
    path: tuple[str, ...] = ()
    cwd: str = ""
    env: Mapping[str, str] = {}


def run_names(
    executor: PythonExecutor, script: NamesScript, folder: Path, cancellation: Cancellation, mask: Mask | None = None
) -> TaskResult:
    """Run the text; its outputs are the names alone. What it prints is in `folder`, as `stdout` and `stderr`."""
    order = NamesOrder(
        text=script.text,
        name=script.name,
        vars=canonical(script.vars, "vars")[1],
        stdout=str(folder / "stdout"),
        stderr=str(folder / "stderr"),
        mark=mark_for_children(mark_of(folder)),
        cwd=checked_cwd(script.cwd),
        env=dict(script.env),
        path=script.path,
    )
    return run_order(executor, order, cancellation, mask)
