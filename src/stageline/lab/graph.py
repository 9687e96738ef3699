"""A pipeline's nodes, understood: what makes each, what it is wired to, and the order in which they can be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from stageline.lab.mistakes import Mistakes
from stageline.lab.model import Param
from stageline.lab.node import Node, Usable
from stageline.lab.order import in_order
from stageline.lab.pipeline import Pipeline
from stageline.lab.recipe import Recipe
from stageline.lab.scalar import NotScalar, scalar
from stageline.lab.wiring import Requests, requests_of
from stageline.model.graph import find_cycle


class Use(msgspec.Struct, frozen=True, eq=False):
    """A node with what its call asked for. `fixed` are the parameters that the call gave."""

    node: Node
    recipe: Recipe
    requests: Requests
    fixed: Mapping[str, Param]


class Graph(msgspec.Struct, frozen=True, eq=False):
    """The nodes of a pipeline by their numbers, and the numbers in topological order."""

    nodes: tuple[Node, ...]
    uses: Mapping[int, Use]
    order: tuple[int, ...]


def graph_of(pipeline: Pipeline, recipe_of: Callable[[Usable], Recipe], mistakes: Mistakes) -> Graph | None:
    """The graph; None when the pipeline's function cannot be run or its wires run in a circle, which is told."""
    traced = mistakes.call(pipeline.name, pipeline.place, pipeline.trace)
    if traced is None:
        return None
    (nodes,) = traced
    if not nodes:
        mistakes.add(pipeline.place, pipeline.name, "the pipeline calls no stage", "call one: produced = producer()")
        return None
    uses = {node.number: _use(node, nodes, recipe_of(node.stage), mistakes) for node in nodes}
    needs = {number: use.requests.producers for number, use in uses.items()}
    if cycle := find_cycle({str(number): [str(one) for one in needs[number]] for number in needs}):
        names = [f"{nodes[int(one)].stage.name} (line {nodes[int(one)].place.line})" for one in cycle]
        mistakes.add(
            pipeline.place, pipeline.name, f"the stages form a cycle: {' -> '.join(names)}", "take a wire away"
        )
        return None
    return Graph(nodes, uses, tuple(in_order(needs)))


def _use(node: Node, nodes: tuple[Node, ...], recipe: Recipe, mistakes: Mistakes) -> Use:
    requests = requests_of(node, nodes, recipe.defaults, mistakes)
    fixed: dict[str, Param] = {}
    for name, value in requests.params.items():
        try:
            fixed[name] = Param(scalar(value))
        except NotScalar as error:
            mistakes.add(node.place, f"{recipe.name}.params.{name}", str(error))
    return Use(node, recipe, requests, fixed)
