"""The definition of a stage, as its author writes it: a function under `@stage(…)`. Nothing is checked here.

`pname`, `inputs`, `outputs` and `resources` may be functions of the parameters. A function of `inputs`, `outputs` and
`params` gives the script's text; a function of anything else is itself the body, run by python3.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, TypeVar, Unpack, overload

from stageline.lab.model import Environment
from stageline.lab.node import Usable
from stageline.lab.place import of_function
from stageline.lab.scalar import Scalar
from stageline.lab.view import View

T = TypeVar("T")
Dynamic: TypeAlias = T | Callable[[View], T]
Body: TypeAlias = Callable[..., Any]
SCRIPT_ARGUMENTS = ("inputs", "outputs", "params")


class StageAttributes(TypedDict, total=False):
    """What may stand in `@stage(…)`. A parameter whose default is None must be given by a run or a call.

    Inputs name their defaults: a path beside the stage's file, or "" for what must be wired. Outputs are paths below
    `$out`. `run_dependencies` are commands of the machine; the base tools are always there.
    """

    pname: Dynamic[str]
    version: str
    inputs: Dynamic[Mapping[str, str]]
    outputs: Dynamic[Mapping[str, Any]]
    params: Mapping[str, Scalar | None]
    run_dependencies: Sequence[str]
    resources: Dynamic[Mapping[str, Any]]
    environment: Environment


ATTRIBUTES = tuple(StageAttributes.__annotations__)


class Stage(Usable, frozen=True, eq=False, kw_only=True):
    """A stage. Inside a pipeline, calling it makes a node."""

    function: Body
    attributes: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its pname where that is fixed, else the name of its function."""
        pname = self.attributes.get("pname")
        return pname if isinstance(pname, str) else self.word.replace("_", "-")

    @property
    def arguments(self) -> tuple[str, ...]:
        """Those of `inputs`, `outputs` and `params` that the function wants to have."""
        taken = inspect.signature(self.function).parameters
        rest = any(one.kind is one.VAR_KEYWORD for one in taken.values())
        return tuple(name for name in SCRIPT_ARGUMENTS if rest or name in taken)

    @property
    def gives_script(self) -> bool:
        """Does the function give a script's text, or is it the body itself?"""
        taken = inspect.signature(self.function).parameters.values()
        return all(one.name in SCRIPT_ARGUMENTS or one.kind is one.VAR_KEYWORD for one in taken)


@overload
def stage(function: Body, /) -> Stage: ...


@overload
def stage(**attributes: Unpack[StageAttributes]) -> Callable[[Body], Stage]: ...


def stage(function: Body | None = None, /, **attributes: Any) -> Stage | Callable[[Body], Stage]:
    """Make a stage of the function below."""

    def made(of: Body) -> Stage:
        try:
            inspect.signature(of)
        except (TypeError, ValueError) as error:
            raise TypeError(f"@stage(…) stands above a function, not above {of!r}") from error
        return Stage(word=getattr(of, "__name__", "stage"), place=of_function(of), function=of, attributes=attributes)

    return made if function is None else made(function)
