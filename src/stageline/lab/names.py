"""The names that one can say of a Lab, read as quickly as can be: nothing is checked, and what is damaged has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

FIRST = "lab/lab-metadata.json"  # as `layout` has it, which imports more
T = TypeVar("T")


class NamedJob(msgspec.Struct, frozen=True, gc=False):
    """A job, and what it puts out."""

    id: str
    stage: str
    outputs: dict[str, str] = {}


class _Document(msgspec.Struct, frozen=True):
    path: str


class _Lab(msgspec.Struct, frozen=True):
    metadata: _Document


class _Run(msgspec.Struct, frozen=True):
    name: str
    manifest: _Document
    groups: tuple[str, ...] = ()


class _Metadata(msgspec.Struct, frozen=True):
    runs: tuple[_Run, ...]


class _Manifest(msgspec.Struct, frozen=True):
    jobs: tuple[NamedJob, ...]


class Names:
    """The names in the Lab of a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        lab = _read(root / FIRST, _Lab)
        metadata = _read(root / lab.metadata.path, _Metadata) if lab is not None else None
        self._runs = metadata.runs if metadata is not None else ()

    @property
    def runs(self) -> list[str]:
        """The names of the runs."""
        return [run.name for run in self._runs]

    @property
    def groups(self) -> list[str]:
        """The names of the groups."""
        return list(dict.fromkeys(group for run in self._runs for group in run.groups))

    def jobs(self, prefix: str) -> list[NamedJob]:
        """The jobs whose ids begin so, each once."""
        return list({job.id: job for job in self._jobs() if job.id.startswith(prefix)}.values())

    def _jobs(self) -> Iterator[NamedJob]:
        for run in self._runs:
            manifest = _read(self._root / run.manifest.path, _Manifest)
            if manifest is not None:
                yield from manifest.jobs


def _read(path: Path, type: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=type)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
