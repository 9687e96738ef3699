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
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.masking import Mask
from stageline.targets.notes import Notes
from stageline.targets.process import Command, Ended, run

_FORM = "1"
_STALE = 24 * 3600.0
_REASON_LIMIT = 1000
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


class Interpreter(msgspec.Struct, frozen=True):
    """One that uv has found."""

    version: str
    path: str


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
    uv = _Uv(wanted, folder, cancellation, mask, notes)
    interpreter = uv.interpreter()
    if isinstance(interpreter, TaskResult):
        return interpreter
    home = wanted.cache / key_of(wanted, interpreter, mask)
    python = home / "bin/python"
    if python.exists():
        return python
    wanted.cache.mkdir(parents=True, exist_ok=True)
    _sweep(wanted.cache)
    with _building(wanted.cache) as building:
        failed = uv.build(building, interpreter)
        if failed:
            return failed
        _take_place(building, home)
    return python


def find_uv() -> str:
    """The program, from PATH or from the package of this name."""
    if found := shutil.which("uv"):
        return found
    with contextlib.suppress(ImportError, FileNotFoundError):
        import uv

        return str(uv.find_uv_bin())
    raise MissingDependency("virtual environments need 'uv': install it with: pip install 'stageline[uv]'")


def key_of(wanted: Environment, interpreter: str, mask: Mask | None = None) -> str:
    """What an environment is known by: its interpreter as it is now, its packages in order, and local ones' content."""
    stat = Path(interpreter).stat()
    parts = [_FORM, os.path.realpath(interpreter), stat.st_size, stat.st_mtime_ns]
    for dep in sorted(set(wanted.deps)):
        parts += [mask.text(dep) if mask else dep, _content(dep, Path(wanted.cwd))]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


class _Uv:
    """Calls of uv for one environment."""

    def __init__(
        self,
        wanted: Environment,
        folder: Path,
        cancellation: Cancellation,
        mask: Mask | None,
        notes: Notes | None,
    ) -> None:
        self._program = find_uv()
        self._wanted = wanted
        self._folder = folder
        self._cancellation = cancellation
        self._mask = mask
        self._notes = notes

    def interpreter(self) -> str | TaskResult:
        """The path of the wanted version."""
        version = self._wanted.version
        ended = self._call("python", "find", "--system", "--no-project", "--", version)
        if ended.stopped:
            return TaskResult.canceled(ended.stopped)
        path = read_ends(ended.stdout).strip()
        if ended.code == 0 and path:
            return path
        there = ", ".join(f"{one.version} ({one.path})" for one in self._installed()) or "none at all"
        raise MissingDependency(
            f"there is no Python {version} on this machine; there is {there}: "
            "write one of these as `version`, or install the other"
        )

    def build(self, place: Path, interpreter: str) -> TaskResult | None:
        """Make the environment there; answers how that failed, if it did."""
        ended = self._call("venv", "--relocatable", "--no-project", "--python", interpreter, str(place))
        if ended.code == 0 and self._wanted.deps:
            lines = "\n".join(self._wanted.deps)
            ended = self._call("pip", "install", "--python", str(place / "bin/python"), "-r", "-", stdin=lines)
        if ended.code == 0:
            return None
        return TaskResult.canceled(ended.stopped) if ended.stopped else TaskResult.failed(self._failure(ended))

    def _call(self, *argv: str, stdin: str = "") -> Ended:
        command = Command(
            argv=(self._program, *argv),
            folder=self._folder,
            env={"UV_PYTHON_DOWNLOADS": "never", "PATH": search_path(os.environ.get("PATH", os.defpath))},
            cwd=self._wanted.cwd,
            stdin=stdin.encode(),
            mask=self._mask,
            notes=self._notes,
        )
        return run(command, self._cancellation)

    def _installed(self) -> list[Interpreter]:
        ended = self._call("python", "list", "--only-installed", "--output-format", "json")
        with contextlib.suppress(msgspec.MsgspecError):
            found = msgspec.json.decode(ended.stdout.read_bytes(), type=list[Interpreter])
            return list({one.version: one for one in reversed(found)}.values())[::-1]
        return []

    def _failure(self, ended: Ended) -> Failure:
        said = last_lines(read_ends(ended.stderr), 40)
        reason = " ".join(line.strip() for line in said if not line.startswith(("Using ", "warning:", "Creating ")))
        return Failure(
            f"no environment of Python {self._wanted.version} could be made: {reason[:_REASON_LIMIT]}",
            Cause.SIGNAL if ended.signal else Cause.EXIT,
            code=ended.code,
            detail="\n".join(said),
            log=str(ended.stderr),
        )


def search_path(path: str) -> str:
    """Where uv looks for interpreters: instead of pyenv's shims, which work for one version only, all its versions."""
    found: list[str] = []
    for entry in path.split(os.pathsep):
        versions = Path(entry).parent / "versions"
        is_shims = Path(entry).name == "shims" and versions.is_dir()
        found += sorted(map(str, versions.glob("*/bin")), key=_by_number, reverse=True) if is_shims else [entry]
    return os.pathsep.join(found)


def _by_number(path: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", Path(path).parent.name)]


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
