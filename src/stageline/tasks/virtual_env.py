"""Virtual environments for Python text, made by `uv`: once for an interpreter and a set of packages, then used again.

No interpreter is ever downloaded. An environment is built under another name and renamed when it is whole, so that
two processes may make the same one at once.
"""

import contextlib
import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from stageline.errors import MissingDependency
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.targets.masking import Mask
from stageline.targets.notes import Notes
from stageline.targets.process import Ended
from stageline.tasks.uv import Uv, reason_of, said_by

_FORM = "1"
_STALE = 24 * 3600.0
_LOCAL = re.compile(r"(?:-\S+\s+|[\w.-]+\s*@\s*)?(?:file://)?(?P<path>[^\s\[;]+)")
_UNTOLD = {"__pycache__", ".git", ".venv", "build", "dist"}


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted: a Python version that is on this machine, and lines as of a requirements file.

    Relative paths in the lines begin at `cwd`. `cache` is the folder where environments are kept.
    """

    version: str
    deps: tuple[str, ...]
    cache: Path
    cwd: str


def virtual_env(
    wanted: Environment,
    folder: Path,
    cancellation: Cancellation,
    mask: Mask | None = None,
    notes: Notes | None = None,
) -> Path | TaskResult:
    """The environment's `python`; or how making it failed or was canceled. What uv says is in `folder`.

    MissingDependency if uv is not installed, or no such Python: then it names those that are there.
    """
    making = _Making(wanted, Uv(folder, wanted.cwd, cancellation, mask, notes))
    interpreter = making.interpreter()
    if isinstance(interpreter, TaskResult):
        return interpreter
    home = wanted.cache / key_of(wanted, interpreter, mask)
    python = home / "bin/python"
    if python.exists():
        return python
    wanted.cache.mkdir(parents=True, exist_ok=True)
    _sweep(wanted.cache)
    with _building(wanted.cache) as building:
        failed = making.build(building, interpreter)
        if failed:
            return failed
        _take_place(building, home)
    return python


def key_of(wanted: Environment, interpreter: str, mask: Mask | None = None) -> str:
    """What an environment is known by: its interpreter as it is now, its packages in order, and local ones' content."""
    stat = Path(interpreter).stat()
    parts = [_FORM, os.path.realpath(interpreter), stat.st_size, stat.st_mtime_ns]
    for dep in sorted(set(wanted.deps)):
        parts += [mask.text(dep) if mask else dep, _content(dep, Path(wanted.cwd))]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


class _Making:
    """Calls of uv for one environment."""

    def __init__(self, wanted: Environment, uv: Uv) -> None:
        self._wanted = wanted
        self._uv = uv

    def interpreter(self) -> str | TaskResult:
        """The path of the wanted version."""
        version = self._wanted.version
        found = self._uv.interpreter("--no-project", "--", version)
        if isinstance(found, str):
            return found
        if found.stopped:
            return TaskResult.canceled(found.stopped)
        raise MissingDependency(
            f"there is no Python {version} on this machine; there is {self._uv.known()}: "
            "write one of these as `version`, or install the other"
        )

    def build(self, place: Path, interpreter: str) -> TaskResult | None:
        """Make the environment there; answers how that failed, if it did."""
        ended = self._uv.call("venv", "--relocatable", "--no-project", "--python", interpreter, str(place))
        if ended.code == 0 and self._wanted.deps:
            lines = "\n".join(self._wanted.deps)
            python = str(place / "bin/python")
            ended = self._uv.call("pip", "install", "--python", python, "-r", "-", stdin=lines)
        if ended.code == 0:
            return None
        return TaskResult.canceled(ended.stopped) if ended.stopped else TaskResult.failed(self._failure(ended))

    def _failure(self, ended: Ended) -> Failure:
        return Failure(
            f"no environment of Python {self._wanted.version} could be made: {reason_of(ended)}",
            Cause.SIGNAL if ended.signal else Cause.EXIT,
            code=ended.code,
            detail="\n".join(said_by(ended)),
            log=str(ended.stderr),
        )


def _content(dep: str, cwd: Path) -> str:
    """What tells whether a local file or folder has changed; empty for packages that have a version."""
    match = _LOCAL.match(dep.strip())
    path = cwd / match["path"] if match else cwd
    if not match or not path.exists():
        return ""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    files = [file for file in path.rglob("*") if not _UNTOLD.intersection(file.relative_to(path).parts)]
    stats = [(str(file), file.stat()) for file in sorted(files) if file.exists()]
    return hashlib.sha256(repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]).encode()).hexdigest()


@contextlib.contextmanager
def _building(cache: Path) -> Iterator[Path]:
    """A name to build under; whatever is left there is removed."""
    place = cache / f".{uuid.uuid4().hex}"
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _take_place(building: Path, home: Path) -> None:
    """The first who is ready wins. One whose interpreter has gone makes room."""
    if home.exists() and not (home / "bin/python").exists():
        home.rename(home.with_name(f".{uuid.uuid4().hex}"))
    with contextlib.suppress(OSError):
        building.rename(home)
    if not (home / "bin/python").exists():
        building.rename(home)


def _sweep(cache: Path) -> None:
    """What builders that were killed have left."""
    for place in cache.glob(".*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - place.stat().st_mtime > _STALE:
                shutil.rmtree(place, ignore_errors=True)
