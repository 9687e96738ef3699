"""The git revision of the folder that an experiment is defined in: kept beside the jobs, never part of their ids."""

from __future__ import annotations

from pathlib import Path

from stageline.errors import MissingDependency
from stageline.targets.process import Command, run

DIRTY = "-dirty"
_SECONDS = 30


def git_revision(folder: Path, scratch: Path) -> str:
    """The commit, with `-dirty` when something is not committed; empty where there is no git or no repository.

    What git prints goes through files in `scratch`.
    """
    commit = _git(folder, scratch / "commit", "rev-parse", "HEAD")
    if not commit:
        return ""
    changed = _git(folder, scratch / "status", "status", "--porcelain", "--untracked-files=no")
    return commit + (DIRTY if changed else "")


def _git(folder: Path, scratch: Path, *words: str) -> str:
    try:
        ended = run(Command(argv=("git", *words), folder=scratch, cwd=str(folder)), timeout=_SECONDS)
    except MissingDependency:
        return ""
    return ended.stdout.read_text(encoding="utf-8").strip() if ended.code == 0 else ""
