"""A project with a lock of uv: which Python its packages are for, whether the lock is up to date, and what it says.

No package in it is without a digest, but for those in folders of the author's, which are looked at themselves.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection
from pathlib import Path

import msgspec

from stageline.errors import DocumentError, MissingDependency
from stageline.lab.model import Environment
from stageline.targets.process import Ended
from stageline.tasks.uv import Uv, reason_of

LOCK = "uv.lock"
PROJECT = "pyproject.toml"
_FOLDERS = ("editable", "directory")
_OUTDATED = "needs to be updated"


class UvProject(msgspec.Struct, frozen=True):
    """The lock, the interpreter, and the words that choose extras and groups in calls of uv."""

    uv: Uv
    lock: Path
    python: str
    chosen: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return self.lock.parent

    def failed(self, ended: Ended) -> DocumentError:
        """What uv says against it."""
        reason = reason_of(ended).removeprefix("error: ")
        return DocumentError(f"the packages of {os.fspath(self.lock)} cannot be installed: {reason}")


def uv_project(of: Environment, scratch: Path) -> UvProject:
    """The project of an environment. DocumentError tells what is wrong with the lock, MissingDependency that uv or the
    wanted Python is not on this machine.
    """
    lock = Path(of.path)
    if lock.name != LOCK or not lock.with_name(PROJECT).is_file():
        raise DocumentError(f"{lock} is no {LOCK} with a {PROJECT} beside it: make one with 'uv lock'")
    uv = Uv(scratch / "uv", str(lock.parent))
    extras, groups = (f"--extra={name}" for name in of.extras), (f"--group={name}" for name in of.groups)
    project = UvProject(uv, lock, _interpreter(uv, of), ("--no-default-groups", *extras, *groups))
    ended = uv.call("lock", "--check", "--python", project.python)
    if ended.code == 0:
        return project
    if _OUTDATED in reason_of(ended):
        raise DocumentError(f"{lock} is not what {PROJECT} beside it asks for: run 'uv lock' there")
    raise project.failed(ended)


def _interpreter(uv: Uv, of: Environment) -> str:
    """That of the author's wish, or one that the project beside the lock says it works with."""
    found = uv.interpreter("--", of.python) if of.python else uv.usual_interpreter()
    if isinstance(found, str):
        return found
    wanted = f"Python {of.python}" if of.python else f"Python as {Path(of.path).with_name(PROJECT)} wants it"
    raise MissingDependency(
        f"there is no {wanted} on this machine; there is {uv.known()}: "
        f"write one of these as uv(…, python=…), or install the other ({reason_of(found)})"
    )


class _File(msgspec.Struct):
    hash: str = ""


class _Package(msgspec.Struct):
    name: str
    source: dict[str, object]
    wheels: list[_File] = []
    sdist: _File | None = None

    @property
    def is_own(self) -> bool:
        """Is it in a folder of the author's?"""
        return any(kind in self.source for kind in _FOLDERS)

    @property
    def is_pinned(self) -> bool:
        """Does the lock say what is in it? A commit does so too."""
        files = [*self.wheels, *([self.sdist] if self.sdist else [])]
        return "git" in self.source or (bool(files) and all(file.hash for file in files))


class _Lock(msgspec.Struct):
    package: list[_Package] = []


def own_names(lock: Path) -> tuple[str, ...]:
    """The packages of a lock that are in folders of the author's; none of one that cannot be read."""
    try:
        return tuple(one.name for one in _packages(lock) if one.is_own)
    except (OSError, ValueError, msgspec.MsgspecError):
        return ()


def refuse_unpinned(lock: Path, installed: Collection[str]) -> None:
    """DocumentError names those of the installed packages that could be others with the same lock."""
    if loose := sorted(one.name for one in _packages(lock) if one.name in installed and not one.is_pinned):
        raise DocumentError(
            f"{lock} does not say what is in {', '.join(loose)}, so equal locks could give different results: "
            f"name a wheel, made with 'uv build --wheel', under [tool.uv.sources] in {PROJECT}, and run 'uv lock'"
        )


def as_locks_spell(distribution: str) -> str:
    """The name of a package, as locks spell it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _packages(lock: Path) -> list[_Package]:
    return msgspec.convert(tomllib.loads(lock.read_text("utf-8")), _Lock).package
