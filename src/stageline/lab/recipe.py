"""How a stage becomes a job: first its parameters are fixed, then its inputs are wired, then it has an id."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from stageline.lab.declared import Looks
from stageline.lab.fixed import Definition, Fixed
from stageline.lab.identity import part_id, traceless
from stageline.lab.mistakes import Mistakes
from stageline.lab.model import FromJob, Ingredients, Job, Param, Part, Wire
from stageline.lab.scalar import Scalar, TakenPath, quote
from stageline.lab.stage import Stage
from stageline.load.source import Place
from stageline.model.resources import Resources

Params: TypeAlias = Mapping[str, Param]
Wires: TypeAlias = Mapping[str, Wire]
Defaults: TypeAlias = Mapping[str, Scalar | None]


class Shape(msgspec.Struct, frozen=True):
    """What wiring must know of a stage whose parameters are fixed. `made` is the rest, for its recipe.

    One that is not `sound` can be wired, but cannot become a job, which is told.
    """

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    made: Any
    sound: bool = True


class Recipe(ABC):
    """A stage or a scatter-gather, read once. `defaults` are its parameters; None is one that must be given.

    Of one that is `broken` not all parameters are known.
    """

    name: str
    place: Place
    defaults: Defaults
    broken: bool = False

    @abstractmethod
    def fix(self, params: Params) -> Shape | None:
        """The stage with these values; None when it cannot be made, which is told."""

    @abstractmethod
    def job(self, shape: Shape, wires: Wires, params: Params) -> Job:
        """The job, once every input is wired."""


class SimpleRecipe(Recipe):
    """A stage: one script is one job."""

    def __init__(self, stage: Stage, mistakes: Mistakes, looks: Looks) -> None:
        self.definition = Definition(stage, mistakes, looks)
        self.name = stage.name
        self.place = stage.place
        self.defaults = self.definition.defaults
        self.broken = self.definition.broken

    def fix(self, params: Params) -> Shape | None:
        fixed = self.definition.fix(plain(params))
        return None if fixed is None else Shape(fixed.inputs, fixed.outputs, fixed, fixed.sound)

    def job(self, shape: Shape, wires: Wires, params: Params) -> Job:
        fixed: Fixed = shape.made
        part = part_of(fixed, wires, params, self.defaults, self.place)
        return Job(
            id=part.id,
            pname=fixed.pname,
            version=fixed.version,
            stage=self.name,
            params=params,
            outputs=fixed.outputs,
            needs=needs_of(wires),
            body=part,
            place=self.place,
        )


def part_of(
    fixed: Fixed, wires: Wires, params: Params, defaults: Defaults, place: Place, resources: Resources | None = None
) -> Part:
    """A script with its wires, and its id."""
    script = with_files_at_run_time(fixed.script, params)
    ingredients = Ingredients(
        pname=fixed.pname,
        version=fixed.version,
        script=script,
        program=fixed.program,
        environment=fixed.environment,
        params=params,
        defaults=traceless(script, params, defaults),
        inputs=wires,
        outputs=fixed.outputs,
    )
    return Part(id=part_id(ingredients), ingredients=ingredients, resources=resources or fixed.resources, place=place)


def with_files_at_run_time(script: str, params: Params) -> str:
    """The script without the paths of files that the Lab takes in: where these are is known when it runs."""
    files = {str(param.value): name for name, param in params.items() if param.digest}
    for path in sorted(files, key=len, reverse=True):
        word = f"${{params[{files[path]}]}}"
        script = script.replace(quote(path), f'"{word}"' if quote(path) != path else word).replace(path, word)
    return script


def needs_of(wires: Wires) -> tuple[str, ...]:
    """The jobs that wires come from, each once."""
    return tuple(dict.fromkeys(wire.job for wire in wires.values() if isinstance(wire, FromJob)))


def plain(params: Params) -> dict[str, Scalar]:
    """The values alone."""
    return {name: TakenPath(param.value) if param.digest else param.value for name, param in params.items()}
