"""Where a stage's tools come from: the machine (the default), packages that a lock file names, or an image."""

from stageline.lab.model import Environment


def uv(lock: str, python: str = "") -> Environment:
    """Python packages as a lock file beside the stage's file names them; its content is part of every job's id."""
    return Environment(kind="uv", path=lock, python=python)


def image(archive: str) -> Environment:
    """An OCI or docker archive beside the stage's file; its content is part of every job's id."""
    return Environment(kind="image", path=archive)
