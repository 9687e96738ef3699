"""The variables of a stage's command: the workflow's, and over them the stage's own, as the text that programs see."""

from collections.abc import Mapping
from typing import Any

from stageline.errors import DocumentError
from stageline.expressions.text import to_text
from stageline.stages.fields import evaluate
from stageline.stages.work import Work
from stageline.tasks.task import IDEMPOTENCY_KEY


def variables(work: Work, own: Mapping[str, Any]) -> dict[str, str]:
    """All variables by name, and the key under which this work may be done once."""
    shared = evaluate(work.env, work.names) if work.env else {}
    given = {name: _text(name, value) for name, value in {**shared, **own}.items()}
    return {IDEMPOTENCY_KEY: work.key, **given}


def scope_env(work: Work, own: Mapping[str, Any]) -> dict[str, Any]:
    """The variables as a name for all that is inside of a stage. Secrets in them are not filled in yet."""
    return {"env": {**work.env, **own}} if own else {}


def _text(name: str, value: Any) -> str:
    if not name or "=" in name or "\0" in name:
        raise DocumentError(f"env: {name!r} is no name of a variable")
    text = "" if value is None else to_text(value)
    if "\0" in text:
        raise DocumentError(f"env: {name} holds the sign NUL, which no variable can")
    return text
