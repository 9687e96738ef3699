"""The targets that the stages of a run name, those inside of others and of triggered workflows too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stageline.model.workflow import Workflow
from stageline.stages.inner import INNER
from stageline.stages.lower import PLACE, RUNS_ON
from stageline.stages.runs_on import LOCAL

_CHILD = "workflow"


def targets_named(run: Workflow) -> Iterator[tuple[str, str]]:
    """Each with the place of the stage that names it, if that is known."""
    for context in _all_contexts(stage.context for stage in run.stages):
        if (place := context.get(RUNS_ON)) is not None:
            yield place.get("target", LOCAL), context.get(PLACE, "")


def _all_contexts(contexts: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for context in contexts:
        yield context
        inner = [stage for stages in context.get(INNER, {}).values() for stage in stages]
        started = context.get(_CHILD)
        below = [*inner, *(started.get("stages", ()) if isinstance(started, Mapping) else ())]
        yield from _all_contexts(stage.get("context", {}) for stage in below)
