"""Looks at every file of a Lab: is it there, is it what was built, and is there anything beside it?

Of a job's folder only `bin` belongs to the Lab; outputs have their own digests, in the record of the job.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, normpath
from typing import Literal

import msgspec

from stageline.errors import ConfigError
from stageline.lab.layout import BIN, JOBS, LAB, LAB_METADATA, METADATA, REVISION
from stageline.lab.manifest import FileMark
from stageline.lab.pool import mark_of
from stageline.lab.read import BuiltLab

SHOWN = 3


class Change(msgspec.Struct, frozen=True):
    """A file that is not as it was built."""

    path: str
    what: Literal["changed", "missing", "added"]
    details: str

    def __str__(self) -> str:
        return f"{self.path}: {self.details}"


def verify(lab: BuiltLab) -> tuple[Change, ...]:
    """All that was changed, removed or added after the build, in the order of the names."""
    found = [change for path, mark in lab.files.items() if (change := _change(lab, path, mark))]
    return tuple(sorted([*found, *_added(lab)], key=lambda change: change.path))


def refuse_changed(lab: BuiltLab) -> None:
    """ConfigError that names files which are not as they were built."""
    if changes := verify(lab):
        more = f"; and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
        told = "; ".join(map(str, changes[:SHOWN]))
        raise ConfigError(f"{lab.root} is not as it was built: {told}{more}; build it again")


def _change(lab: BuiltLab, path: str, mark: FileMark) -> Change | None:
    place = lab.root / path
    if not os.path.lexists(place):
        return Change(path, "missing", "this file is gone")
    if not place.is_symlink() and not place.is_file():
        return Change(path, "changed", "this was a file, and is none any more")
    now = mark_of(place)
    if now == mark or now == _followed(lab, path, mark):
        return None
    return Change(path, "changed", _told(mark, now))


def _followed(lab: BuiltLab, path: str, mark: FileMark) -> FileMark | None:
    """What a link leads to: copying may have put that in its place."""
    return lab.files.get(normpath(f"{dirname(path)}/{mark.link}")) if mark.link else None


def _told(was: FileMark, now: FileMark) -> str:
    if was.link or now.link:
        return f"this was {_kind(was)}, and is now {_kind(now)}"
    if was.digest != now.digest:
        size = f" ({was.size} bytes, now {now.size})" if was.size != now.size else ""
        return f"the content of this file was changed{size}"
    return f"this file {'can no longer' if was.executable else 'can now'} be executed"


def _kind(mark: FileMark) -> str:
    return f"a link to {mark.link}" if mark.link else "a file"


def _added(lab: BuiltLab) -> Iterator[Change]:
    documents = {LAB_METADATA, METADATA, lab.metadata.files.path, *(run.manifest.path for run in lab.metadata.runs)}
    known = {*lab.files, *documents}
    for folder in (LAB, REVISION, *_folders(lab)):
        for path in _below(lab.root, folder):
            if path not in known:
                yield Change(path, "added", "this file was not built")


def _folders(lab: BuiltLab) -> list[str]:
    """The folders that belong to this Lab alone, or to all Labs that have the same content."""
    depth = {path.split("/")[0]: 2 for path in lab.files} | {JOBS: 3}
    found = dict.fromkeys("/".join(path.split("/")[: depth[path.split("/")[0]]]) for path in lab.files)
    assert all(folder.endswith(f"/{BIN}") for folder in found if folder.startswith(f"{JOBS}/"))
    return list(found)


def _below(root: Path, folder: str) -> Iterator[str]:
    place = root / folder
    if not place.is_dir():
        return
    for entry in os.scandir(place):
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _below(root, path)
        else:
            yield path
