"""The jobs of one pipeline in one run.

A node is made once for all combinations that differ only in what it never sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

import msgspec

from stageline.lab.binding import Binding
from stageline.lab.combining import Axes, Rows
from stageline.lab.declared import OUT, beside
from stageline.lab.define import Run
from stageline.lab.fixed import Digest
from stageline.lab.graph import Graph
from stageline.lab.mistakes import Mistakes
from stageline.lab.model import (
    RUN_METADATA,
    STORE_BASE,
    FromFile,
    FromJob,
    FromRun,
    FromStore,
    Job,
    Param,
    Use,
    Wire,
)
from stageline.lab.recipe import Recipe, Shape
from stageline.lab.wiring import Source, wire

Jobs: TypeAlias = dict[str, Job]


class Upstream(msgspec.Struct, frozen=True):
    """What stages of a run can have beside each other's outputs: the runs before it, and files."""

    run: Run
    before: Mapping[str, str]
    digest: Digest


class Maker:
    """Makes the jobs of a graph, combination by combination."""

    def __init__(
        self,
        graph: Graph,
        bound: Sequence[Binding],
        axes: Axes,
        upstream: Upstream,
        jobs: Jobs,
        mistakes: Mistakes,
    ) -> None:
        self.graph = graph
        self.bound = bound
        self.axes = axes
        self.upstream = upstream
        self.jobs = jobs
        self.mistakes = mistakes
        self._relevant = self._axes_seen()
        self._made: dict[int, dict[Rows, str | None]] = {number: {} for number in graph.order}
        self._shapes: dict[tuple[int, Rows], Shape | None] = {}
        self._wired: dict[tuple[object, ...], Mapping[str, Source]] = {}

    def make(self, rows: Rows) -> None:
        """The jobs of a combination."""
        for number in self.graph.order:
            made, key = self._made[number], _seen(rows, self._relevant[number])
            if key not in made:
                made[key] = self._job(number, rows)

    def uses(self) -> list[Use]:
        """The nodes and the jobs that they became, in topological order."""
        return [
            Use(
                stage=self.graph.uses[number].recipe.name,
                place=self.graph.nodes[number].place,
                origins=self.bound[number].origins,
                jobs=tuple(dict.fromkeys(job for job in self._made[number].values() if job is not None)),
            )
            for number in self.graph.order
        ]

    def _axes_seen(self) -> dict[int, tuple[int, ...]]:
        """The axes that decide a node: its own, and those of all before it."""
        seen: dict[int, set[int]] = {}
        for number in self.graph.order:
            own = {spot.axis for spot in self.bound[number].swept.values()}
            before = (seen[one] for one in self.graph.uses[number].requests.producers)
            seen[number] = own.union(*before)
        return {number: tuple(sorted(axes)) for number, axes in seen.items()}

    def _job(self, number: int, rows: Rows) -> str | None:
        """The id of a node's job in a combination; None when it cannot be made, which is told."""
        use, binding = self.graph.uses[number], self.bound[number]
        before = {one: self._made[one][_seen(rows, self._relevant[one])] for one in use.requests.producers}
        if not binding.complete:
            return None
        params = binding.values(tuple(use.recipe.defaults), self.axes, rows)
        shape = self._shape(number, use.recipe, rows, params)
        if shape is None or None in before.values():
            return None
        upstream = {one: self.jobs[job] for one, job in before.items() if job is not None}
        wires = self._wires(number, use.recipe, shape, upstream)
        if wires is None:
            return None
        job = use.recipe.job(shape, wires, params)
        return self.jobs.setdefault(job.id, job).id

    def _shape(self, number: int, recipe: Recipe, rows: Rows, params: Mapping[str, Param]) -> Shape | None:
        """The stage with these parameters; what is before it does not matter here."""
        own = tuple(sorted({spot.axis for spot in self.bound[number].swept.values()}))
        key = (number, _seen(rows, own))
        if key not in self._shapes:
            self._shapes[key] = recipe.fix(params)
        return self._shapes[key]

    def _wires(self, number: int, recipe: Recipe, shape: Shape, upstream: Mapping[int, Job]) -> dict[str, Wire] | None:
        sources = self._sources(number, shape, upstream)
        wires: dict[str, Wire] = {}
        for name, default in shape.inputs.items():
            if name in sources:
                producer, output = sources[name]
                wires[name] = FromJob(upstream[producer].id, output)
            elif (other := self._unwired(number, recipe, name, default)) is not None:
                wires[name] = other
        return wires if len(wires) == len(shape.inputs) else None

    def _sources(self, number: int, shape: Shape, upstream: Mapping[int, Job]) -> Mapping[str, Source]:
        outputs = [tuple(job.outputs.items()) for job in upstream.values()]
        key = (number, *shape.inputs.items(), None, *outputs)
        if key not in self._wired:
            node, requests = self.graph.nodes[number], self.graph.uses[number].requests
            self._wired[key] = wire(
                node, self.graph.nodes, requests, shape.inputs, lambda one: upstream[one].outputs, self.mistakes
            )
        return self._wired[key]

    def _unwired(self, number: int, recipe: Recipe, name: str, default: str) -> Wire | None:
        """What an input has that nothing is wired to."""
        if name == STORE_BASE:
            return FromStore()
        if name.startswith(RUN_METADATA):
            return self._manifest(recipe, name)
        if default and not default.startswith(OUT):
            path = beside(recipe.place, default)
            digest = self.upstream.digest(path, f"{recipe.name}.inputs.{name}", recipe.place)
            return None if digest is None else FromFile(path, PurePosixPath(path).name, digest)
        node = self.graph.nodes[number]
        hint = f'write {recipe.name.replace("-", "_")}({name.replace("-", "_")}=producer["output"])'
        self.mistakes.add(node.place, recipe.name, f"nothing is wired to the input '{name}'", hint)
        return None

    def _manifest(self, recipe: Recipe, name: str) -> FromRun | None:
        run, of = self.upstream.run, name.removeprefix(RUN_METADATA)
        found = next((one for one in self.upstream.before if one.replace("-", "_") == of.replace("-", "_")), None)
        if found is None:
            message = f"'{recipe.name}' reads the run '{of}', which this run does not depend on"
            self.mistakes.add(run.place, run.name, message, f'write depends_on=["{of}"], or after=["{of}"]')
            return None
        return FromRun(found, self.upstream.before[found])


def _seen(rows: Rows, axes: Sequence[int]) -> Rows:
    return tuple([rows[axis] for axis in axes])
