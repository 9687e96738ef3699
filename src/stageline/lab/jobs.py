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
from stageline.lab.declared import OUT, Digest, beside
from stageline.lab.define import Run
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
    Use,
    Wire,
)
from stageline.lab.recipe import Recipe, Shape
from stageline.lab.wiring import Wired, wire

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
        self._own = {number: _axes_of(bound[number]) for number in graph.order}
        self._relevant = self._axes_seen()
        self._made: dict[int, dict[Rows, str | None]] = {number: {} for number in graph.order}
        self._shapes: dict[tuple[int, Rows], Shape | None] = {}
        self._wired: dict[tuple[object, ...], Wired] = {}

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
            before = (seen[one] for one in self.graph.uses[number].requests.producers)
            seen[number] = set(self._own[number]).union(*before)
        return {number: tuple(sorted(axes)) for number, axes in seen.items()}

    def _job(self, number: int, rows: Rows) -> str | None:
        """The id of a node's job in a combination; None when it cannot be made, which is told."""
        use, binding = self.graph.uses[number], self.bound[number]
        if not binding.complete:
            return None
        params = binding.values(tuple(use.recipe.defaults), self.axes, rows)
        key = (number, _seen(rows, self._own[number]))
        if key not in self._shapes:
            self._shapes[key] = use.recipe.fix(params)
        shape = self._shapes[key]
        wires = None if shape is None else self._wires(number, use.recipe, shape, rows)
        if shape is None or wires is None or not shape.sound:
            return None
        job = use.recipe.job(shape, wires, params)
        return self.jobs.setdefault(job.id, job).id

    def _wires(self, number: int, recipe: Recipe, shape: Shape, rows: Rows) -> dict[str, Wire] | None:
        wired = self._sources(number, shape, rows)
        sources = {} if wired is None else wired.sources
        unsure = wired is None or wired.refused
        wires: dict[str, Wire] = {}
        for name, default in shape.inputs.items():
            if name in sources:
                producer, output = sources[name]
                if (job := self._made[producer][_seen(rows, self._relevant[producer])]) is not None:
                    wires[name] = FromJob(job, output)
            elif (other := self._unwired(number, recipe, name, default, unsure)) is not None:
                wires[name] = other
        return wires if len(wires) == len(shape.inputs) else None

    def _sources(self, number: int, shape: Shape, rows: Rows) -> Wired | None:
        """The wired inputs; None when what a producer makes is not known, which is told."""
        node, requests = self.graph.nodes[number], self.graph.uses[number].requests
        outputs: dict[int, Mapping[str, str]] = {}
        for one in requests.producers:
            before = self._shapes.get((one, _seen(rows, self._own[one])))
            if before is None:
                return None
            outputs[one] = before.outputs
        key = (number, *shape.inputs.items(), None, *(tuple(one.items()) for one in outputs.values()))
        if key not in self._wired:
            self._wired[key] = wire(node, self.graph.nodes, requests, shape.inputs, outputs.__getitem__, self.mistakes)
        return self._wired[key]

    def _unwired(self, number: int, recipe: Recipe, name: str, default: str, unsure: bool) -> Wire | None:
        """What an input has that nothing is wired to. When unsure of that, nothing is said."""
        if name == STORE_BASE:
            return FromStore()
        if name.startswith(RUN_METADATA):
            return self._manifest(recipe, name)
        if default and not default.startswith(OUT):
            path = beside(recipe.place, default)
            digest = self.upstream.digest(path, f"{recipe.name}.inputs.{name}", recipe.place)
            return None if digest is None else FromFile(path, PurePosixPath(path).name, digest)
        node = self.graph.nodes[number]
        if unsure:
            return None
        hint = f'write {recipe.name.replace("-", "_")}({name.replace("-", "_")}=producer["output"])'
        self.mistakes.add(node.place, recipe.name, f"nothing is wired to the input '{name}'", hint)
        return None

    def _manifest(self, recipe: Recipe, name: str) -> FromRun | None:
        run, of = self.upstream.run, name.removeprefix(RUN_METADATA)
        found = next((one for one in self.upstream.before if one.replace("-", "_") == of.replace("-", "_")), None)
        if found is None:
            message = f"'{recipe.name}' reads the run '{of}', which this run does not depend on"
            meant = self.mistakes.suggest(of, self.upstream.before)
            self.mistakes.add(run.place, run.name, message, meant or f'write depends_on=["{of}"], or after=["{of}"]')
            return None
        return FromRun(found, self.upstream.before[found])


def _axes_of(binding: Binding) -> tuple[int, ...]:
    """The axes that decide a node's own parameters."""
    return tuple(sorted({spot.axis for spot in binding.swept.values()}))


def _seen(rows: Rows, axes: Sequence[int]) -> Rows:
    return tuple([rows[axis] for axis in axes])
