"""What stands below `runs-on` must be able to go there: what cannot is told at its place, before anything runs."""

from __future__ import annotations

from stageline.document.written import StageList, Written
from stageline.load.nodes import Node, ScalarNode
from stageline.load.problems import Problems
from stageline.runtimes.sandbox import Runtime
from stageline.stages.lower import STAY, only_here
from stageline.stages.runs_on import RunsOn, place_of

_SAYS = "runs_on"
_RUNTIME = "runtime"


def check_places(stages: StageList, problems: Problems, above: RunsOn | None = None) -> None:
    """Tell of the stages that run here only, and are to run elsewhere."""
    for written in stages.stages:
        place = place_of(written.stage.runs_on) or above
        if not written.whole and _SAYS in written.values and written.stage.runs_on is None:
            continue  # what it says could not be read
        if place is not None and not place.is_here:
            _check(written, place, problems)
        for below in written.lists:
            check_places(below, problems, place)


def _check(written: Written, place: RunsOn, problems: Problems) -> None:
    if written.kind.reach == "here":
        node = written.values.get(written.kind.body, written.node)
        problems.add(node, only_here(written.kind.kind(), place), STAY)
    elif written.kind.reach == "anywhere" and _isolates(runtime := written.values.get(_RUNTIME)):
        assert runtime is not None
        problems.add(
            runtime, f"a runtime isolates here only, and this stage runs on {place}", f"take it away, or {STAY}"
        )


def _isolates(node: Node | None) -> bool:
    return node is not None and not (isinstance(node, ScalarNode) and node.value == Runtime.NATIVE)
