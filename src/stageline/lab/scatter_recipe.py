"""How a scatter-gather becomes a job of several scripts, each with an id of its own.

An input of a part comes from the item, from the steps before it, from the scatter's output of the same name, or from
outside; what comes from outside is an input of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from stageline.lab.declared import OUT, Looks, Reader, beside
from stageline.lab.fixed import Definition, Fixed
from stageline.lab.identity import is_default, read_at_run_time, scatter_gather_id
from stageline.lab.mistakes import Mistakes
from stageline.lab.model import (
    WORK_ITEMS,
    WORKER_ARG,
    WORKER_ITEM,
    WORKER_OUTS,
    FromItem,
    FromScatter,
    FromStep,
    FromWorkers,
    Job,
    Part,
    Scattered,
    Wire,
)
from stageline.lab.recipe import Defaults, Params, Recipe, Shape, Wires, needs_of, part_of, plain
from stageline.lab.scatter import ATTRIBUTES, ScatterGather
from stageline.lab.stage import Stage
from stageline.lab.steps import Steps, read_steps
from stageline.model.resources import Resources

SCATTER = "scatter"
GATHER = "gather"
Inner: TypeAlias = Mapping[str, Wire]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The parts with their parameters fixed, and where their inputs come from inside."""

    version: str
    resources: Resources
    parts: Mapping[str, Fixed]
    inner: Mapping[str, Inner]


class ScatterRecipe(Recipe):
    """A scatter-gather, read once."""

    def __init__(self, of: ScatterGather, mistakes: Mistakes, looks: Looks) -> None:
        self.name = of.name
        self.place = of.place
        self.reader = Reader(mistakes, of.place, of.name, of.attributes)
        self.reader.refuse_unknown(ATTRIBUTES)
        self.steps = read_steps(of, self.reader)
        stages = {SCATTER: of.attributes.get(SCATTER), **of.steps, GATHER: of.attributes.get(GATHER)}
        self.parts = {
            name: Definition(stage, mistakes, looks) for name, stage in stages.items() if self._is_stage(name, stage)
        }
        self.group = self.reader.defaults()
        self.defaults = self._merged_defaults()
        self.broken = len(self.parts) < len(stages) or any(part.broken for part in self.parts.values())

    def fix(self, params: Params) -> Shape | None:
        values = plain(params)
        pname, version = self.reader.folder(values, self.name)
        fixed = {name: self._fix_part(name, params) for name in self.parts}
        parts = {name: one for name, one in fixed.items() if one is not None}
        if self.steps is None or version is None or pname is None or len(parts) < 2 + len(self.steps.order):
            return None
        if not self._has_mandatory(parts, self.steps):
            return None
        made = Made(
            version=version,
            resources=self.reader.resources(values),
            parts=parts,
            inner={name: self._inner(name, parts, self.steps) for name in parts},
        )
        return Shape(self._outside(made), parts[GATHER].outputs, made, all(part.sound for part in parts.values()))

    def job(self, shape: Shape, wires: Wires, params: Params) -> Job:
        made: Made = shape.made
        assert self.steps is not None
        done: dict[str, Part] = {}
        for name in (SCATTER, *self.steps.order, GATHER):
            done[name] = self._part(name, made, wires, params, done)
        told = {name: param for name, param in params.items() if not is_default(param, self.defaults[name])}
        example = made.parts[SCATTER].example
        ids = {name: part.id for name, part in done.items()}
        return Job(
            id=scatter_gather_id((self.name, made.version), told, example, ids),
            pname=self.name,
            version=made.version,
            stage=self.name,
            params=params,
            outputs=shape.outputs,
            needs=needs_of(wires),
            scattered=Scattered(
                example=example,
                scatter=done[SCATTER],
                steps={name: done[name] for name in self.steps.order},
                last=self.steps.last,
                gather=done[GATHER],
            ),
            place=self.place,
        )

    def _is_stage(self, name: str, stage: object) -> bool:
        if isinstance(stage, Stage):
            return True
        self.reader.wrong(
            name, "this part is missing" if stage is None else f"{stage!r} is no stage", "write @stage(…)"
        )
        return False

    def _merged_defaults(self) -> Defaults:
        """The parameters of the whole and of its parts; those of the whole win, and parts must agree."""
        merged = dict(self.group)
        for name, part in self.parts.items():
            for key, default in part.defaults.items():
                same = merged.setdefault(key, default)
                if key not in self.group and (type(same), same) != (type(default), default):
                    hint = f"declare it under params= of '{self.name}'"
                    self.reader.wrong(
                        f"{name}.params.{key}", f"two parts have the defaults {same!r} and {default!r}", hint
                    )
        return merged

    def _fix_part(self, name: str, params: Params) -> Fixed | None:
        part = self.parts[name]
        seen = plain({key: params[key] for key in {**self.group, **part.defaults} if key in params})
        return part.fix(seen, (WORKER_ARG,) if name == SCATTER else ())

    def _has_mandatory(self, parts: Mapping[str, Fixed], steps: Steps) -> bool:
        """The keys that the contract of a scatter-gather names."""
        lacking: list[tuple[str, str, str]] = []
        if WORK_ITEMS not in parts[SCATTER].outputs:
            lacking.append((SCATTER, WORK_ITEMS, f'outputs={{"{WORK_ITEMS}": "{OUT}/work_items.json", …}}'))
        if not isinstance(parts[SCATTER].example, Mapping):
            lacking.append(
                (SCATTER, WORKER_ARG, f'outputs={{"{WORKER_ARG}": {{"index": 0}}, …}}, an example of an item')
            )
        lacking += [
            (name, WORKER_ITEM, f'inputs={{"{WORKER_ITEM}": "", …}}')
            for name in steps.order
            if not steps.deps[name] and WORKER_ITEM not in parts[name].inputs
        ]
        if WORKER_OUTS not in parts[GATHER].inputs:
            lacking.append((GATHER, WORKER_OUTS, f'inputs={{"{WORKER_OUTS}": "[]", …}}'))
        for name, key, hint in lacking:
            self.parts[name].reader.wrong("", f"as the {name} of '{self.name}' it lacks '{key}'", f"write {hint}")
        return not lacking

    def _inner(self, name: str, parts: Mapping[str, Fixed], steps: Steps) -> Inner:
        """Where a part's inputs come from inside; ids are not known yet."""
        if name == SCATTER:
            return {}
        inputs = parts[name].inputs
        shared = parts[SCATTER].outputs.keys() & inputs.keys() - {WORK_ITEMS}
        inner: dict[str, Wire] = {key: FromScatter("", key) for key in sorted(shared)}
        if name == GATHER:
            return {**inner, WORKER_OUTS: FromWorkers()}
        if WORKER_ITEM in inputs:
            inner[WORKER_ITEM] = FromItem()
        before = {one: parts[one].outputs for one in steps.order}
        return {**inner, **steps.wires(name, inputs, before, self.parts[name].reader)}

    def _outside(self, made: Made) -> dict[str, str]:
        """The inputs of the whole, with defaults that are seen from the parts' files."""
        inputs: dict[str, str] = {}
        for name, part in made.parts.items():
            for key, default in part.inputs.items():
                if key not in made.inner[name]:
                    path = beside(self.parts[name].stage.place, default) if default and default[0] != "$" else default
                    inputs[key] = inputs.get(key) or path
        return inputs

    def _part(self, name: str, made: Made, wires: Wires, params: Params, done: Mapping[str, Part]) -> Part:
        fixed = made.parts[name]
        inner = {key: _known(wire, done) for key, wire in made.inner[name].items()}
        own = {key: inner.get(key) or wires[key] for key in fixed.inputs}
        definition = self.parts[name]
        if "version" not in definition.stage.attributes:
            fixed = msgspec.structs.replace(fixed, version=made.version)
        seen = {*definition.defaults, *fixed.used, *read_at_run_time(fixed.script, self.group)}
        of_part = {key: param for key, param in params.items() if key in seen}
        resources = fixed.resources.over(made.resources)
        return part_of(fixed, own, of_part, self.defaults, definition.stage.place, resources)


def _known(wire: Wire, done: Mapping[str, Part]) -> Wire:
    """A wire from inside with the id of the part it comes from."""
    match wire:
        case FromScatter(_, output):
            return FromScatter(done[SCATTER].id, output)
        case FromStep(step, _, output):
            return FromStep(step, done[step].id, output)
        case _:
            return wire
