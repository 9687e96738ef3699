"""What a run needs beside its file: secrets and targets. What is not there is told before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stageline.cli.kinds import secrets_for
from stageline.cli.session import Session
from stageline.config.secrets import PREFIX
from stageline.errors import DocumentError, UnknownName
from stageline.model.workflow import Workflow
from stageline.stages.inner import INNER
from stageline.stages.lower import PLACE, RUNS_ON
from stageline.stages.runs_on import LOCAL
from stageline.stages.tools import SECRETS

_CHILD = "workflow"


def need_all(session: Session, run: Workflow) -> None:
    """Raise DocumentError when something that the run names is nowhere to be had: its stages would fail one by one."""
    _need_secrets(session, run)
    _need_targets(session, [stage.context for stage in run.stages])


def _need_secrets(session: Session, run: Workflow) -> None:
    names, known = run.names_now, secrets_for(session, run)
    missing = [name for name in names.get(SECRETS, ()) if name not in known]
    if missing:
        raise DocumentError(
            f"{names.get('file', run.name)}: no secret {', '.join(map(repr, missing))}: "
            f"set {PREFIX}{missing[0]} in the environment, "
            f"or write {missing[0]}=… into a file and name it with `secrets` in stageline.toml"
        )


def _need_targets(session: Session, contexts: Iterable[Mapping[str, Any]]) -> None:
    for context in _all_contexts(contexts):
        if (place := context.get(RUNS_ON)) is not None:
            try:
                session.config.target(place.get("target", LOCAL))
            except UnknownName as error:
                at = context.get(PLACE, "")
                raise DocumentError(f"{at}: runs-on: {error}" if at else str(error)) from error


def _all_contexts(contexts: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Those of the stages inside too, and of the workflows that they trigger."""
    for context in contexts:
        yield context
        inner = [stage for stages in context.get(INNER, {}).values() for stage in stages]
        started = context.get(_CHILD)
        below = [*inner, *(started.get("stages", ()) if isinstance(started, Mapping) else ())]
        yield from _all_contexts(stage.get("context", {}) for stage in below)
