"""The documents of a Lab, from a portable plan and the marks of all files. Pure: the same plan, the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from stageline.lab.identity import LENGTH
from stageline.lab.layout import FILES, LAB_METADATA, METADATA, manifest_path
from stageline.lab.manifest import (
    FORMAT,
    Document,
    FileMark,
    LabMetadata,
    Metadata,
    RunEntry,
    RunManifest,
    Tools,
    document_text,
)
from stageline.lab.model import Job, PlannedRun


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a Lab says about itself beside its runs."""

    version: str
    revision: str
    checked: bool
    tools: tuple[Tools, ...]
    machine: str
    image: str


def documents_of(
    facts: Facts, runs: Sequence[PlannedRun], jobs: Mapping[str, Job], marks: Mapping[str, FileMark]
) -> dict[str, bytes]:
    """The documents by path; the first is the one that leads to the others."""
    written: dict[str, bytes] = {}
    entries = []
    for run in runs:
        manifest = RunManifest(name=run.name, uses=run.uses, jobs=tuple(jobs[id] for id in run.jobs))
        entries.append(_entry(run, len(manifest.jobs), _add(written, "", document_text(manifest))))
    files = _add(written, FILES, document_text(marks))
    metadata = Metadata(
        format=FORMAT,
        version=facts.version,
        revision=facts.revision,
        checked=facts.checked,
        runs=tuple(entries),
        tools=facts.tools,
        machine=facts.machine,
        image=facts.image,
        files=files,
    )
    root = _add(written, METADATA, document_text(metadata, readable=True))
    lab = LabMetadata(format=FORMAT, id=root.digest[:LENGTH], version=facts.version, metadata=root)
    return {LAB_METADATA: document_text(lab, readable=True), **written}


def _entry(run: PlannedRun, jobs: int, manifest: Document) -> RunEntry:
    return RunEntry(name=run.name, needs=run.needs, groups=run.groups, jobs=jobs, manifest=manifest, place=run.place)


def _add(written: dict[str, bytes], path: str, content: bytes) -> Document:
    """Have a document written; without a path it is named by its content."""
    digest = sha256(content).hexdigest()
    path = path or manifest_path(digest)
    written[path] = content
    return Document(path, digest, len(content))
