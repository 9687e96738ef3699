"""The places that the stages of a run name, those inside of others and of triggered workflows too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stageline.errors import DocumentError
from stageline.expressions import parse_tree
from stageline.model.workflow import Workflow
from stageline.stages.fields import is_dynamic
from stageline.stages.inner import INNER
from stageline.stages.lower import PLACE, RUNS_ON
from stageline.stages.names import typed
from stageline.stages.runs_on import LOCAL, place_of, settled

_CHILD = "workflow"
_KNOWN = frozenset({"params"})


def targets_named(run: Workflow) -> Iterator[tuple[str, str]]:
    """The targets that are known before anything runs, each with the place of its stage, if that is known.

    What only the parameters decide is settled by them; DocumentError if that is no place.
    """
    names = run.names_now
    params = {"params": typed(names.get("params", {}), names.get("param-types", {}))}
    for context, is_own in _all_contexts(stage.context for stage in run.stages):
        if (place := context.get(RUNS_ON)) is None:
            continue
        at = context.get(PLACE, "")
        target = place.get("target", LOCAL)
        if not is_dynamic(target):
            yield target, at
        if is_dynamic(place) and is_own and _is_known(place):
            yield _settled(place, params, at), at


def targets_gone_to(run: Workflow) -> frozenset[str]:
    """The targets on which a run may have left something."""
    places = (place_of(stage.record.context.get(RUNS_ON)) for stage in run.stages)
    went = (place.target for place in places if place is not None and not place.is_here)
    return frozenset([*(target for target, _ in targets_named(run)), *went])


def _is_known(place: Mapping[str, Any]) -> bool:
    return all(found.path[0] in _KNOWN for _, found in parse_tree(dict(place)).references())


def _settled(place: Mapping[str, Any], names: Mapping[str, Any], at: str) -> str:
    try:
        return settled(place, names).target
    except DocumentError as error:
        raise DocumentError(f"{at}: {error}" if at else str(error)) from error


def _all_contexts(
    contexts: Iterable[Mapping[str, Any]], is_own: bool = True
) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Those of the stages of the run itself, and of the runs that it starts."""
    for context in contexts:
        yield context, is_own
        inner = [stage.get("context", {}) for stages in context.get(INNER, {}).values() for stage in stages]
        yield from _all_contexts(inner, is_own)
        started = context.get(_CHILD)
        below = started.get("stages", ()) if isinstance(started, Mapping) else ()
        yield from _all_contexts((stage.get("context", {}) for stage in below), False)
