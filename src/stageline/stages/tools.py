"""What the kinds use of the machine, made when it is first needed and shared by all stages of a processor."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from stageline.model.params import Param, read_params
from stageline.tasks.python_pool import PythonPool

SPECS = "param-specs"
ChildNames = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


def with_params(names: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The names of a run with these parameters: read as the workflow declares them, where its names say that."""
    if SPECS not in names:
        return {**names, "params": {**names.get("params", {}), **given}}
    specs = msgspec.convert(names[SPECS], dict[str, Param])
    values = read_params(specs, given, names.get("workflow", ""))
    return {**names, "params": values, "param-types": {name: spec.type for name, spec in specs.items()}}


class Tools:
    """The environment, the secrets, a folder for what can be made again, and warm Python workers.

    `child_names` makes the names of a run: of those of its workflow, and the parameters that it is triggered with.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        secrets: Mapping[str, Any] | None = None,
        cache: Path | None = None,
        child_names: ChildNames | None = None,
    ) -> None:
        self.environ = environ or {}
        self.secrets = secrets or {}
        self.cache = cache
        self.child_names = child_names or with_params

    @cached_property
    def python(self) -> PythonPool:
        """Worker processes for Python text."""
        return PythonPool()

    def close(self) -> None:
        """Let go of what was made."""
        if "python" in self.__dict__:
            self.python.close()
