"""What the ends of scopes mean for the stage that planned them. A failure names what failed; outputs are kept."""

from collections.abc import Mapping
from typing import Any

from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status, combine


def ended(scopes: Mapping[str, Any], outputs: Mapping[str, Any], what: str = "") -> TaskResult:
    """The answer of a stage whose scopes have come to this. `what` is what it calls a scope, if it has several."""
    status = combine(Status(scope["status"]) for scope in scopes.values())
    bad = {key: scope for key, scope in scopes.items() if not Status(scope["status"]).met}
    match status:
        case Status.FAILED:
            return TaskResult.failed(Failure(_said(bad, what), Cause.CHILD), outputs)
        case Status.CANCELED:
            return TaskResult.canceled(_said(bad, what), outputs)
        case Status.SKIPPED if scopes:
            return TaskResult.skipped(outputs)
        case _:
            return TaskResult.success(outputs)


def _said(bad: Mapping[str, Any], what: str, shown: int = 3) -> str:
    said = [f"{what} '{key}': {_why(scope)}" if what else _why(scope) for key, scope in list(bad.items())[:shown]]
    return "; ".join(said) + (f"; and {len(bad) - shown} more" if len(bad) > shown else "")


def _why(scope: Mapping[str, Any]) -> str:
    return str(scope["failure"] or scope["status"])


def stages_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """What is put out of a scope: how it has ended, and its stages with their outputs."""
    return {"status": scope["status"], "stages": scope["outputs"]}


def merged_outputs(scope: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of all stages of a scope in one mapping; of equal names the later stage's counts."""
    merged: dict[str, Any] = {}
    for stage in scope["outputs"].values():
        merged.update(stage["outputs"])
    return merged
