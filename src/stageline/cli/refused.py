"""What the machine refuses, and is nobody's defect: an error of the system in words, with the next step."""

from __future__ import annotations

import errno

from stageline.errors import ConfigError, MissingDependency, StagelineError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_STEPS = {
    errno.EACCES: "see whom it belongs to, or name another folder with --home",
    errno.EPERM: "see whom it belongs to, or name another folder with --home",
    errno.EROFS: "name another folder with --home",
    errno.ENAMETOOLONG: "shorten it",
    errno.ELOOP: "its links lead in a circle",
    errno.EMFILE: "let this process open more files: ulimit -n",
    errno.ENFILE: "the whole machine has too many open files; end what holds them",
    errno.EIO: "look at the disk",
    errno.ESTALE: "the file system has lost it; try again",
}


def refused(error: Exception) -> StagelineError | None:
    """The error for the one who meets it; None when it is none of the machine's."""
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):  # of pathlib, before Python 3.13
        return ConfigError(f"{error}; make it lead to what is meant")
    if not isinstance(error, OSError) or error.errno is None:
        return None
    if error.errno in _FULL:
        what = f"{error.filename} cannot be written" if error.filename else "what was to be printed or written is lost"
        return MissingDependency(f"{what}: {error.strerror}; what was committed is intact")
    step = _STEPS.get(error.errno)
    return ConfigError(f"{error.filename}: {error.strerror}; {step}") if step and error.filename else None
