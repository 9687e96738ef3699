"""Where each parameter of a node gets its value in a run: the call, the run for this stage, the run, the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stageline.lab.combining import Axes, Rows, Spot
from stageline.lab.define import Run
from stageline.lab.graph import Graph, Use
from stageline.lab.mistakes import Mistakes
from stageline.lab.model import Origin, Param
from stageline.lab.scalar import dashed


class Binding(msgspec.Struct, frozen=True, eq=False):
    """The parameters of a node: constant ones, and those that a combination decides."""

    constant: Mapping[str, Param]
    swept: Mapping[str, Spot]
    origins: Mapping[str, Origin]
    complete: bool

    def values(self, names: Sequence[str], axes: Axes, rows: Rows) -> dict[str, Param]:
        """All values in a combination, in the order of the names."""
        swept = self.swept
        return {name: axes.value(swept[name], rows) if name in swept else self.constant[name] for name in names}


def bindings_of(run: Run, graphs: Sequence[Graph], axes: Axes, mistakes: Mistakes) -> dict[int, list[Binding]]:
    """The binding of each node of each graph, by the graph's position; keys that reach nothing are reported."""
    spots = axes.spots()
    _refuse_ambiguous(run, graphs, spots, mistakes)
    bound = {
        at: [_binding(run, graph.uses[number], spots, mistakes) for number in sorted(graph.uses)]
        for at, graph in enumerate(graphs)
    }
    used = {origin.key for found in bound.values() for one in found for origin in one.origins.values()}
    recipes = {id(use.recipe): use.recipe for graph in graphs for use in graph.uses.values()}.values()
    broken = any(recipe.broken for recipe in recipes)
    for spot in spots.values():
        if spot.key not in used and not broken:
            declared = {name: None for recipe in recipes for name in recipe.defaults}
            longer = {f"{recipe.name}.{name}": None for recipe in recipes for name in recipe.defaults}
            _refuse_unused(run, spot.key, declared, longer, mistakes)
    return bound


def _binding(run: Run, use: Use, spots: Mapping[str, Spot], mistakes: Mistakes) -> Binding:
    constant: dict[str, Param] = {}
    swept: dict[str, Spot] = {}
    origins: dict[str, Origin] = {}
    complete = True
    for name, default in use.recipe.defaults.items():
        spot = _spot(use, name, spots)
        if name in use.requests.params:
            origins[name] = Origin("call")
            complete &= name in use.fixed
            constant |= {name: use.fixed[name]} if name in use.fixed else {}
        elif spot is not None:
            swept[name], origins[name] = spot, Origin("run", spot.key)
        elif default is not None:
            constant[name], origins[name] = Param(default), Origin("default")
        else:
            complete = False
            if name not in run.params and f"{use.recipe.name}.{name}" not in run.params:
                message = f"'{use.recipe.name}' needs a value for '{name}', and nobody gives one"
                mistakes.add(run.place, f"{run.name}.params", message, f'write params={{"{name}": …}}')
    return Binding(constant, swept, origins, complete)


def _spot(use: Use, name: str, spots: Mapping[str, Spot]) -> Spot | None:
    stage = use.node.stage
    keys = (f"{stage.name}.{name}", f"{stage.word}.{name}", name)
    return next((spots[key] for key in map(dashed, keys) if key in spots), None)


def _refuse_ambiguous(run: Run, graphs: Sequence[Graph], spots: Mapping[str, Spot], mistakes: Mistakes) -> None:
    """A `stage.param` that means two stages is refused."""
    named: dict[str, dict[int, Any]] = {}
    for graph in graphs:
        for use in graph.uses.values():
            named.setdefault(dashed(use.recipe.name), {})[id(use.recipe)] = use.recipe
    for spot in spots.values():
        stage = dashed(spot.key.rpartition(".")[0])
        if stage in named and len(named[stage]) > 1:
            places = " and ".join(str(recipe.place) for recipe in named[stage].values())
            message = f"two stages of this run have the pname '{stage}', at {places}"
            mistakes.add(run.place, f"{run.name}.params.{spot.key}", message, "give one of them another pname")


def _refuse_unused(
    run: Run, key: str, declared: Mapping[str, None], longer: Mapping[str, None], mistakes: Mistakes
) -> None:
    path = f"{run.name}.params.{key}"
    if any(dashed(key) == dashed(name) for name in (*declared, *longer)):
        message = f"'{key}' reaches no stage: it is given to each by its call or as stage.{key.rpartition('.')[2]}"
        mistakes.add(run.place, path, message, "take it away here or there")
        return
    known = longer if "." in key else declared
    hint = mistakes.suggest(key, known) or (f"declared: {', '.join(known)}" if known else "none is declared")
    mistakes.add(run.place, path, f"no stage of this run declares a parameter '{key}'", hint)
