"""A run of some stages only. The others are skipped, and put out what they have put out in an earlier run."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from stageline.document.definition import WorkflowDefinition
from stageline.document.expressions import references_of
from stageline.document.order import Order, order_of
from stageline.document.written import Written
from stageline.errors import DocumentError, UnknownName, did_you_mean
from stageline.load.problems import Problems
from stageline.load.words import listed
from stageline.stages.definition import StageDefinition
from stageline.stages.kept import KeptStage
from stageline.stages.lower import slug


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Which stages run: the `first` and all that come after it, or those in `only`.

    `outputs` are those of the last run that has ended, by the refs of its stages.
    """

    first: str | None = None
    only: tuple[str, ...] = ()
    outputs: Mapping[str, Mapping[str, Any]] = {}


def kept_outside(definition: WorkflowDefinition, part: Part) -> list[StageDefinition]:
    """The workflow's stages, with stand-ins for those that do not run."""
    order = order_of(definition.written, Problems())
    chosen = _chosen(definition, order, part)
    kept = [number for number in range(len(order.stages)) if number not in chosen]
    for number in sorted(chosen):
        _refuse_missing(order, number, {order.refs[one] for one in kept} - part.outputs.keys())
    return [
        _stand_in(order, number, part) if number in kept else written.stage
        for number, written in enumerate(order.stages)
    ]


def _chosen(definition: WorkflowDefinition, order: Order, part: Part) -> set[int]:
    if part.first is not None:
        first = _number(definition, order, part.first)
        return {first} | {n for n in range(len(order.stages)) if order.comes_before(order.refs[first], n)}
    return {_number(definition, order, name) for name in part.only}


def _number(definition: WorkflowDefinition, order: Order, name: str) -> int:
    for ref in (name, slug(name)):
        if ref in order.index:
            return order.index[ref]
    hint = did_you_mean(name, order.index) or f"; there are {listed(order.index, 'and')}"
    raise UnknownName(f"'{definition.name}' has no stage '{name}' in its own list{hint}")


def _refuse_missing(order: Order, number: int, missing: set[str]) -> None:
    asked = {ref for ref in _asked_for(order.stages[number]) if ref in missing}
    if asked:
        raise DocumentError(
            f"stage '{order.refs[number]}' asks for what {listed(sorted(asked), 'and')} put out, and no earlier run "
            "has that: run the whole workflow first, or begin with an earlier stage"
        )


def _asked_for(written: Written) -> Iterator[str]:
    """The stages that a stage, and what is inside of it, names."""
    for path in references_of(written):
        if path[0] in ("stages", "jobs") and len(path) > 1:
            yield path[1]


def _stand_in(order: Order, number: int, part: Part) -> StageDefinition:
    ref, stage = order.refs[number], order.stages[number].stage
    return KeptStage(name=stage.name, id=ref, needs=stage.needs, outputs=dict(part.outputs.get(ref, {})))
