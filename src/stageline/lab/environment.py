"""Where a stage's tools come from: the machine (the default), packages that a lock file names, or an image."""

from collections.abc import Sequence

from stageline.errors import DocumentError
from stageline.lab.model import Environment


def uv(lock: str, python: str = "", extras: Sequence[str] = (), groups: Sequence[str] = ()) -> Environment:
    """A Python with the packages that a `uv.lock` names; lock and wanted version are part of every job's id.

    The path begins beside the stage's file, and `pyproject.toml` lies beside the lock. Without `python` it is one that
    suits the project. `extras` and `groups` of the project are installed where they are named. The project itself and
    packages in folders of yours are installed too, and count by what is installed of them.
    """
    return Environment(
        kind="uv", path=lock, python=python, extras=_names("extras", extras), groups=_names("groups", groups)
    )


def image(archive: str) -> Environment:
    """An image in an archive of docker or OCI beside the stage's file; its content is part of every job's id."""
    return Environment(kind="image", path=archive)


def _names(argument: str, given: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not all(isinstance(one, str) for one in given):
        raise DocumentError(f"uv(…, {argument}={given!r}) is no list of names: write {argument}=['{argument[:-1]}']")
    return tuple(sorted(set(given)))
