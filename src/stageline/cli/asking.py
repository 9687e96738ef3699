"""From what `run` was asked to a run that is ready to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from stageline.cli.given import all_given
from stageline.cli.kinds import import_beside, secrets_of
from stageline.cli.session import Session
from stageline.document.definition import WorkflowDefinition
from stageline.document.load import load_file
from stageline.document.running import RunOptions, make_run
from stageline.errors import DocumentError
from stageline.model.workflow import Workflow

if TYPE_CHECKING:
    from stageline.document.definition import Document
    from stageline.document.partial import Part

EVERY = 1_000_000
SHOWN = 200


class Asked(msgspec.Struct, frozen=True):
    """What `run` was asked: the file, parameters, and which part of it."""

    path: Path
    given: tuple[str, ...] = ()
    file: Path | None = None
    name: str | None = None
    first: str | None = None
    only: tuple[str, ...] = ()


def load_document(session: Session, path: Path) -> Document:
    """The workflows of a file, with the settings that hold where it is."""
    session.at(path.parent)
    folder = str(path.absolute().parent)
    return load_file(path, plugins=lambda name: import_beside(name, folder), slugs=session.config["stage.default-id"])


def new_run(session: Session, asked: Asked) -> Workflow:
    """The run that was asked for. Nothing is kept yet."""
    from stageline.document.checks import check_scripts

    document = load_document(session, asked.path)
    definition = document.workflow(asked.name) if asked.name else document.only()
    check_scripts(document).raise_any()
    _need_secrets(session, definition)
    options = RunOptions(
        timeout=session.config["stage.timeout"],
        retry_delay=session.config["stage.retry-delay"],
        part=_part(session, definition, asked),
    )
    run = make_run(definition, all_given(asked.given, asked.file, definition.params), options)
    registry = dict.fromkeys([*run.names.get("registry", ()), *session.config["registry"]])
    names = {**run.names, "registry": list(registry), "plugins": sorted(_plugins(definition))}
    return msgspec.structs.replace(run, names=names)


def _plugins(definition: WorkflowDefinition) -> set[str]:
    return set(definition.header.plugins).union(*map(_plugins, definition.triggered.values()))


def _need_secrets(session: Session, definition: WorkflowDefinition) -> None:
    """Raise DocumentError when a secret is used that is nowhere to be had."""
    known = secrets_of(session, definition.secrets)
    missing = [name for name in definition.secrets if name not in known]
    if missing:
        names = ", ".join(f"'{name}'" for name in missing)
        raise DocumentError(
            f"{definition.file}: no secret {names}: set STAGELINE_SECRET_{missing[0]} in the environment, "
            f"or write {missing[0]}=… into a file and name it with `secrets` in stageline.toml"
        )


def _part(session: Session, definition: WorkflowDefinition, asked: Asked) -> Part | None:
    if asked.first is None and not asked.only:
        return None
    from stageline.document.partial import Part

    if asked.first is not None and asked.only:
        raise DocumentError("--from and --only say different things: give one of them")
    return Part(first=asked.first, only=asked.only, outputs=_earlier(session, definition))


def _earlier(session: Session, definition: WorkflowDefinition) -> Mapping[str, Mapping[str, Any]]:
    """What the stages of the workflow put out in their last runs, of the newest in which each ended well."""
    found: dict[str, Mapping[str, Any]] = {}
    if not session.has_store:
        return found
    store = session.open_kept()
    rows = [row for row in store.list_runs(EVERY) if row.name == definition.name and not row.parent]
    for row in rows[:SHOWN]:
        run = store.retrieve(row.id)
        if run.names.get("file") == definition.file:
            ended = {s.ref_id: s.outputs for s in run.stages if s.parent is None and s.status.met}
            found = {**ended, **found}
            if row.record.status.ended:
                break
    return found
