"""From what `run` was asked to a run that is ready to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import msgspec

from stageline.cli.choosing import newest
from stageline.cli.given import all_given
from stageline.cli.needed import need_all
from stageline.cli.session import Session
from stageline.document.checks import check_scripts
from stageline.document.definition import WorkflowDefinition
from stageline.document.load import load_file
from stageline.document.running import RunOptions, make_run
from stageline.errors import DocumentError
from stageline.model.workflow import Workflow

if TYPE_CHECKING:
    from stageline.document.definition import Document
    from stageline.document.partial import Part

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
    return load_file(path, slugs=session.config["stage.default-id"])


def new_run(session: Session, asked: Asked) -> Workflow:
    """The run that was asked for. Nothing is kept yet."""
    document = load_document(session, asked.path)
    check_scripts(document).raise_any()
    definition = document.workflow(asked.name) if asked.name else document.only()
    options = RunOptions(
        timeout=session.config["stage.timeout"],
        retry_delay=session.config["stage.retry-delay"],
        part=_part(session, definition, asked),
    )
    run = make_run(definition, all_given(asked.given, asked.file, definition.params), options)
    need_all(session, run)
    registry = dict.fromkeys([*run.names.get("registry", ()), *session.config["registry"]])
    return msgspec.structs.replace(run, names={**run.names, "registry": list(registry)})


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
    store, here = session.open_kept(), (definition.folder, PurePath(definition.file).name)
    for row in newest(store, SHOWN, lambda row: row.name == definition.name and not row.parent):
        run = store.retrieve(row.id)
        if _file_of(run.names) == here:
            ended = {s.ref_id: s.outputs for s in run.stages if s.parent is None and s.status.met}
            found = {**ended, **found}
            if row.record.status.ended:
                break
    return found


def _file_of(names: Mapping[str, Any]) -> tuple[str, str]:
    """Which file a run was made of, however it was named then."""
    return names.get("folder", ""), PurePath(names.get("file", "")).name
