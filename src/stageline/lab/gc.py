"""Clears up a home: Labs that nobody needs, then the jobs, tools, images, inputs and records that no other Lab has.

Kept are the last Labs that were built, those that are pinned, those that a link beside the home leads to, and those
that an unfinished run is about. Nothing is deleted while jobs are run, or when a kept Lab cannot be read.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Container, Iterator
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.lab.branches import branches_of
from stageline.lab.held import held
from stageline.lab.layout import JOBS, POOLS, Home
from stageline.lab.places import BRANCHES
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.run_lock import run_lock
from stageline.lab.shelf import Shelved, shelf_of

LAST = 5
RECORDS = "records"
_END = ".json"


class KeptLab(msgspec.Struct, frozen=True):
    """A Lab that stays, and why."""

    id: str
    why: str


class Garbage(msgspec.Struct, frozen=True):
    """What goes: its path in the home, why, and its bytes."""

    path: str
    why: str
    size: int


class Collected(msgspec.Struct, frozen=True):
    """What was kept, and what was deleted or would be."""

    kept: tuple[KeptLab, ...] = ()
    garbage: tuple[Garbage, ...] = ()

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(one.size for one in self.garbage)


def collect(root: Path, in_use: Container[str] = (), dry_run: bool = False) -> Collected:
    """Delete what no Lab of a home needs; Busy when jobs are run there. To `dry_run` only tells.

    `in_use` are the ids of Labs that somebody needs.
    """
    home = Home(root.absolute())
    if not home.labs.is_dir():
        return Collected()
    if dry_run:
        return _found(home, in_use)
    with held(home.root), run_lock(str(home.root), "gc"):
        found = _found(home, in_use)
        for one in found.garbage:
            _remove(home.root / one.path)
    return found


def _found(home: Home, in_use: Container[str]) -> Collected:
    shelf = shelf_of(home)
    kept = {one.id: why for number, one in enumerate(shelf) if (why := _reason(home, one, number, in_use))}
    needed = _Needed(home)
    for id in kept:
        try:
            needed.add(read_lab(home.labs / id))
        except ConfigError as error:
            words = f"{error}; nothing is cleared up while a Lab that is kept is damaged: {home.labs / id}"
            raise ConfigError(words) from error
    labs = [_garbage(home, one.root, _age(number)) for number, one in enumerate(shelf) if one.id not in kept]
    return Collected(tuple(KeptLab(id, why) for id, why in kept.items()), (*labs, *needed.others()))


def _reason(home: Home, lab: Shelved, number: int, in_use: Container[str]) -> str:
    """Why a Lab is kept; empty when it is not."""
    if lab.pinned:
        return "it is pinned"
    if number < LAST:
        return f"it is one of the last {LAST}"
    if lab.id in in_use:
        return "a run that has not ended is about it"
    link = next((path for path in home.root.parent.iterdir() if path.is_symlink() and _leads(path, lab.root)), None)
    return f"{link.name} leads to it" if link else ""


def _leads(link: Path, to: Path) -> bool:
    return os.path.realpath(link) == os.path.realpath(to)


def _age(number: int) -> str:
    return f"{number} Labs were built after it"


class _Needed:
    """What the kept Labs need of their home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._pools: set[str] = set()
        self._jobs: set[str] = set()
        self._branches: set[str] = set()

    def add(self, lab: BuiltLab) -> None:
        """All that a Lab lists, and the branches of its scatter-gathers."""
        self._pools.update("/".join(path.split("/", 2)[:2]) for path in lab.files)
        for job in lab.plan.jobs.values():
            self._pools.add(f"{JOBS}/{job.folder}")
            self._jobs.add(job.id)
            if job.scattered is not None:
                self._branches.update(branches_of(job.scattered, self._home.root / BRANCHES))

    def others(self) -> Iterator[Garbage]:
        """What is there beside it; records first, so that no job counts as done without its outputs."""
        yield from self._records(RECORDS, self._jobs)
        yield from self._records(f"{BRANCHES}/{RECORDS}", self._branches)
        for pool in POOLS:
            for path in _inside(self._home.root / pool):
                if f"{pool}/{path.name}" not in self._pools:
                    yield _garbage(self._home, path, "no kept Lab has it")
        for path in _inside(self._home.root / BRANCHES):
            if path.name not in self._branches and path.name != RECORDS:
                yield _garbage(self._home, path, "no job of a kept Lab has this branch")

    def _records(self, folder: str, needed: Container[str]) -> Iterator[Garbage]:
        for path in _inside(self._home.root / folder):
            if path.name.endswith(_END) and path.name.removesuffix(_END) not in needed:
                yield _garbage(self._home, path, "no kept Lab has its job")


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _garbage(home: Home, path: Path, why: str) -> Garbage:
    return Garbage(str(path.relative_to(home.root)), why, _size(path))


def _size(path: Path) -> int:
    about = path.lstat()
    if not stat.S_ISDIR(about.st_mode):
        return about.st_size
    return sum(_size(inside) for inside in path.iterdir())


def _remove(path: Path) -> None:
    """Delete it, whatever it is; folders that their job made read-only too."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o755)
    shutil.rmtree(path)
