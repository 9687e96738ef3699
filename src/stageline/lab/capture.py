"""Captured tools: a tree of files that its content names, so that a copy can never be stale.

Only its names, its bytes, and what can be executed count: no dates, no owners. Launchers and compiled texts are made by
us; they are part of the tree, but say nothing about the tools.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from uuid import uuid4

import msgspec

from stageline.errors import ConfigError
from stageline.lab.identity import digest_of
from stageline.lab.layout import BIN, LOCALES
from stageline.lab.python_compiled import CACHE
from stageline.targets.layers import Entry

BESIDE = "interpreters"
_TREE = "stageline host tools 1"
_LOCK = "stageline tools 1"
_NO_TIME = (1, 1)


class Capture(msgspec.Struct, frozen=True):
    """A tree, sorted by name, and what each entry holds: the digest of a file, the target of a link.

    `lock` stands for the tools themselves: it does not change with what we make.
    """

    entries: tuple[Entry, ...]
    contents: Mapping[str, str]
    digest: str
    lock: str

    @property
    def tools(self) -> tuple[str, ...]:
        """The names that a script can call."""
        return tuple(entry.name.removeprefix(f"{BIN}/") for entry in self.entries if entry.name.startswith(f"{BIN}/"))


def capture_of(entries: Iterable[Entry]) -> Capture:
    """The tree of these entries."""
    ordered = sorted({entry.name: entry for entry in entries}.values(), key=lambda entry: entry.name)
    contents = {entry.name: _content(entry) for entry in ordered}
    told = {entry.name: [entry.link != "", entry.mode, contents[entry.name]] for entry in ordered}
    lock = {name: list(what) for name, what in told.items() if not _is_made(name)}
    calls = {entry.name: entry.link for entry in ordered if _is_launcher(entry.name)}
    return Capture(tuple(ordered), contents, digest_of(_TREE, told), digest_of(_LOCK, lock, calls))


def environment_lock(captures: Iterable[Capture]) -> str:
    """What stands for all tools of a script, wherever and by whichever version of ours they were captured."""
    return digest_of(_LOCK, [capture.lock for capture in captures])


def write_capture(capture: Capture, folder: Path) -> Path:
    """Write the tree below `folder`, as a folder named by its digest, unless it is there; answers that folder."""
    place = folder / capture.digest
    if place.exists():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    unnamed = folder / f".{capture.digest}-{uuid4().hex}"
    try:
        _write(capture, unnamed)
        unnamed.rename(place)
    except OSError as error:
        if not place.exists():
            raise ConfigError(f"the tools cannot be written to {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(unnamed, ignore_errors=True)
    return place


def bin_folders(captures: Iterable[Capture], root: str) -> tuple[str, ...]:
    """The folders for a PATH, when the captures are in `root`."""
    return tuple(f"{root}/{capture.digest}/{BIN}" for capture in captures)


def locales_folder(captures: Iterable[Capture], root: str) -> str:
    """The folder of the captured locale; empty when there is none."""
    having = (one for one in captures if any(name.startswith(f"{LOCALES}/") for name in one.contents))
    return next((f"{root}/{capture.digest}/{LOCALES}" for capture in having), "")


def _is_made(name: str) -> bool:
    return _is_launcher(name) or f"/{CACHE}/" in name


def _is_launcher(name: str) -> bool:
    return name.startswith((f"{BIN}/", f"{BESIDE}/"))


def _content(entry: Entry) -> str:
    if entry.link:
        return entry.link
    if entry.content is not None:
        return sha256(entry.content).hexdigest()
    assert entry.source is not None
    return _digest(entry.source)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _write(capture: Capture, folder: Path) -> None:
    folder.mkdir()
    for entry in capture.entries:
        path = folder / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.link:
            path.symlink_to(entry.link)
        elif entry.content is not None:
            path.write_bytes(entry.content)
        else:
            assert entry.source is not None
            shutil.copyfile(entry.source, path)
            if _digest(path) != capture.contents[entry.name]:
                raise ConfigError(f"{entry.source} was changed while it was captured; build again")
        if not entry.link:
            path.chmod(entry.mode)
    for path in [*_below(folder), folder]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
        os.utime(path, _NO_TIME, follow_symlinks=False)


def _below(folder: Path) -> Iterator[Path]:
    """All that is in a folder, what is inside before what it is in."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
        yield path
