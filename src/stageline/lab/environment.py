"""Where a stage's tools come from: the machine (the default), packages that a lock file names, or an image."""

from stageline.lab.model import Environment


def uv(lock: str, python: str = "") -> Environment:
    """A Python with the packages that a `uv.lock` names; lock and wanted version are part of every job's id.

    The path begins beside the stage's file, and `pyproject.toml` lies beside the lock. Without `python` it is one that
    suits the project.
    """
    return Environment(kind="uv", path=lock, python=python)


def image(archive: str) -> Environment:
    """An image in an archive of docker or OCI beside the stage's file; its content is part of every job's id."""
    return Environment(kind="image", path=archive)
