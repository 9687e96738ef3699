"""What a run needs beside its file: secrets, targets, an executor. What is not there is told before anything runs."""

from __future__ import annotations

from stageline.cli.kinds import secrets_for
from stageline.cli.session import Session
from stageline.cli.targets_named import targets_named
from stageline.config.secrets import PREFIX
from stageline.errors import DocumentError, UnknownName
from stageline.model.workflow import Workflow
from stageline.stages.tools import SECRETS


def need_all(session: Session, run: Workflow) -> None:
    """Raise DocumentError when something that the run names is nowhere to be had: its stages would fail one by one."""
    _need_secrets(session, run)
    _need_targets(session, run)


def need_executor(session: Session) -> None:
    """Raise what keeps Python work from running where it is to run."""
    if session.executor is not None:
        session.executor.open()


def _need_secrets(session: Session, run: Workflow) -> None:
    names, known = run.names_now, secrets_for(session, run)
    missing = [name for name in names.get(SECRETS, ()) if name not in known]
    if missing:
        raise DocumentError(
            f"{names.get('file', run.name)}: no secret {', '.join(map(repr, missing))}: "
            f"set {PREFIX}{missing[0]} in the environment, "
            f"or write {missing[0]}=… into a file and name it with `secrets` in stageline.toml"
        )


def _need_targets(session: Session, run: Workflow) -> None:
    for target, at in targets_named(run):
        try:
            session.config.target(target)
        except UnknownName as error:
            raise DocumentError(f"{at}: runs-on: {error}" if at else str(error)) from error
