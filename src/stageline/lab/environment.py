"""Where a stage's tools come from: the machine (the default), packages that a lock file names, or an image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from stageline.errors import DocumentError
from stageline.lab.author_paths import author_path
from stageline.lab.model import Environment


def uv(lock: str | PurePath, python: str = "", extras: Sequence[str] = (), groups: Sequence[str] = ()) -> Environment:
    """A Python with the packages that a `uv.lock` names; lock and wanted version are part of every job's id.

    The path begins beside the stage's file, and `pyproject.toml` lies beside the lock. Without `python` it is one that
    suits the project. `extras` and `groups` of the project are installed where they are named. The project itself and
    packages in folders of yours are installed too, and count by what is installed of them.
    """
    if not isinstance(python, str):
        raise TypeError(f"{python!r} is no version of Python; write one as text, such as '3.12'")
    path, more, named = author_path(lock, "uv.lock"), _names("extras", extras), _names("groups", groups)
    return Environment(kind="uv", path=path, python=python, extras=more, groups=named)


def image(archive: str | PurePath) -> Environment:
    """An image in an archive of docker or OCI beside the stage's file; its content is part of every job's id."""
    return Environment(kind="image", path=author_path(archive, "tools.tar"))


def _names(argument: str, given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(one, str) for one in given):
        raise DocumentError(f"uv(…, {argument}={given!r}) is no list of names: write {argument}=['{argument[:-1]}']")
    return tuple(sorted(set(given)))
