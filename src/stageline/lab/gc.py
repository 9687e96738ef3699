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
from stageline.lab.images import image_folders
from stageline.lab.layout import IMAGE, JOBS, POOLS, Home
from stageline.lab.places import BRANCHES
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.run_lock import run_lock
from stageline.lab.shelf import Shelved, shelf_of

LAST = 5
RECORDS = "records"
BRANCH_RECORDS = f"{BRANCHES}/{RECORDS}"
_END = ".json"
_OF_RECORDS = (RECORDS, BRANCH_RECORDS)
_WHY = {
    **dict.fromkeys(_OF_RECORDS, "no kept Lab has its job"),
    BRANCHES: "no job of a kept Lab has this branch",
}


class KeptLab(msgspec.Struct, frozen=True):
    """A Lab that stays, and why."""

    id: str
    why: str


class Garbage(msgspec.Struct, frozen=True):
    """What goes: its path in the home, why, and its bytes."""

    path: str
    why: str
    size: int


class Roots(msgspec.Struct, frozen=True):
    """The Labs that stay, those that do not with the reason, and what the first need."""

    kept: tuple[KeptLab, ...]
    outdated: tuple[tuple[Shelved, str], ...]
    needed: Needed


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
    roots = roots_of(home, in_use)
    labs = [_garbage(home, f"{home.labs.name}/{one.id}", why) for one, why in roots.outdated]
    names = [(name, roots.needed.why_not(name)) for name in _names(home)]
    return Collected(roots.kept, (*labs, *(_garbage(home, name, why) for name, why in names if why)))


def roots_of(home: Home, in_use: Container[str]) -> Roots:
    """The Labs of a home that stay, and what they need; ConfigError when one of them is damaged."""
    shelf = shelf_of(home)
    kept = {one.id: why for number, one in enumerate(shelf) if (why := _reason(home, one, number, in_use))}
    needed = Needed(home)
    for id in kept:
        try:
            needed.add(read_lab(home.labs / id))
        except ConfigError as error:
            words = f"{error}; nothing is cleared up while a Lab that is kept is damaged: {home.labs / id}"
            raise ConfigError(words) from error
    outdated = [(one, _age(number)) for number, one in enumerate(shelf) if one.id not in kept]
    return Roots(tuple(KeptLab(id, why) for id, why in kept.items()), tuple(outdated), needed)


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


class Needed:
    """What the kept Labs need of their home, here or on a target."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._names: set[str] = set()
        self._scripts: set[str] = set()

    def add(self, lab: BuiltLab) -> None:
        """All that a Lab lists, its images, and the branches of its scatter-gathers."""
        self._names.add(f"{self._home.labs.name}/{lab.id}")
        self._names.update("/".join(path.split("/", 2)[:2]) for path in lab.files)
        self._names.update(f"{IMAGE}/{folder}" for folder in image_folders(lab))
        for job in lab.plan.jobs.values():
            self._names.add(f"{JOBS}/{job.folder}")
            self._add(RECORDS, job.id)
            if job.scattered is not None:
                for branch in branches_of(job.scattered, self._home.root / BRANCHES):
                    self._names.add(f"{BRANCHES}/{branch}")
                    self._add(BRANCH_RECORDS, branch)

    def _add(self, records: str, script: str) -> None:
        self._names.add(f"{records}/{script}{_END}")
        self._scripts.add(script)

    def has_script(self, id: str) -> bool:
        """Whether a job or a branch of them is called so."""
        return id in self._scripts

    def why_not(self, name: str) -> str:
        """Why something goes, by its name in the home; empty when it is needed."""
        if name in self._names:
            return ""
        return _WHY.get(name.rpartition("/")[0], "no kept Lab has it")


def _names(home: Home) -> Iterator[str]:
    """What there is beside the Labs; records first, so that no job counts as done without its outputs."""
    for folder in (RECORDS, BRANCH_RECORDS, *POOLS, BRANCHES):
        for path in _inside(home.root / folder):
            if f"{folder}/{path.name}" != BRANCH_RECORDS and (folder not in _OF_RECORDS or path.name.endswith(_END)):
                yield f"{folder}/{path.name}"


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _garbage(home: Home, name: str, why: str) -> Garbage:
    return Garbage(name, why, _size(home.root / name))


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
