"""What `doctor` looks at: for each thing, whether it is there, what for, and how to come by it."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from stageline.cli.finding import Finding
from stageline.cli.session import Session
from stageline.errors import ConfigError, MissingDependency, StoreError
from stageline.runtimes.sandbox import Runtime
from stageline.targets.cancellation import Cancellation
from stageline.targets.health import health_of
from stageline.targets.process import Command, run

SECONDS = 10.0


class Program(NamedTuple):
    """A program, what for, how to come by it, and how it tells its version."""

    name: str
    purpose: str
    remedy: str
    required: bool = False
    version: tuple[str, ...] = ("--version",)


PROGRAMS = (
    Program("bash", "bash stages", "apt install bash", True),
    Program("git", "the revision that a lab is built from", "apt install git"),
    Program("bwrap", "runtime: bwrap, a sandbox without root", "apt install bubblewrap"),
    Program("docker", "docker stages, runtime: docker", "apt install docker.io, or see docs.docker.com"),
    Program("podman", "docker stages without a daemon, runtime: podman", "apt install podman"),
    Program("uv", "virtual-python stages, packages of Labs", "pip install 'stageline[uv]'"),
    Program("shellcheck", "checks of scripts", "pip install 'stageline[check]'"),
)
RUNTIMES = (Runtime.BWRAP, Runtime.DOCKER, Runtime.PODMAN)


def examine(session: Session) -> list[Finding]:
    """Look at everything."""
    from stageline.cli.doctoring_labs import examine_environments

    programs = {program.name: _program(session, program) for program in PROGRAMS}
    return [
        _python(),
        _sqlite(),
        *programs.values(),
        *examine_environments(session.environ.get("PATH", ""), programs),
        _extra("psycopg", "postgres", "a store in PostgreSQL"),
        _extra("distributed", "dask", "python and call stages on Dask: --executor dask"),
        *_executor(session),
        *_home(session),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= (3, 11)
    return Finding("python", "everything", version if fits else "", "Python 3.11 or newer", required=True)


def _sqlite() -> Finding:
    fits = sqlite3.sqlite_version_info >= (3, 24)
    return Finding("sqlite", "the store", sqlite3.sqlite_version if fits else "", "SQLite 3.24 or newer", required=True)


def _program(session: Session, program: Program) -> Finding:
    beside = str(Path(sys.executable).parent)
    path = shutil.which(program.name, path=f"{session.environ.get('PATH', '')}:{beside}")
    found = _version(path, program.version) if path else ""
    problem = _problem(program.name) if found and program.name in RUNTIMES else ""
    return Finding(program.name, program.purpose, "" if problem else found, problem or program.remedy, program.required)


def _problem(runtime: str) -> str:
    """Why a runtime that is installed does not work; empty when it does."""
    return health_of(Runtime(runtime)).problem


def _version(path: str, arguments: Iterable[str]) -> str:
    """What a program says about itself, on one line; its path if it does not say."""
    with tempfile.TemporaryDirectory(prefix="stageline-doctor-") as folder:
        try:
            ended = run(Command(argv=(path, *arguments), folder=Path(folder)), Cancellation(), SECONDS)
        except (MissingDependency, OSError):
            return ""
        said = [line for line in ended.stdout.read_text(errors="replace").splitlines() if line.strip()]
        versions = [line.removeprefix("version:").strip() for line in said if line.startswith("version:")]
    return (versions or said or [path])[0] if ended.code == 0 else ""


def _extra(module: str, extra: str, purpose: str) -> Finding:
    found = "installed" if find_spec(module) is not None else ""
    return Finding(f"[{extra}]", purpose, found, f"pip install 'stageline[{extra}]'")


def _executor(session: Session) -> list[Finding]:
    """Whether the Dask cluster answers that is set; it is asked only then."""
    if session.executor is None:
        return []
    address = session.config["dask.scheduler-address"] or "made for each call"
    try:
        session.executor.open()
    except ConfigError as error:
        return [Finding("dask", "executor = dask", "", str(error), required=True)]
    return [Finding("dask", "executor = dask", f"it answers: {address}", "", required=True)]


def _home(session: Session) -> list[Finding]:
    home = session.home
    return [
        Finding("state folder", "runs and logs", _tried(lambda: _writable(home)), f"make {home} writable", True),
        Finding(
            "local disk",
            "SQLite",
            _tried(lambda: _local(home)),
            "a folder that is not on a network file system (--home), or --store postgresql://…",
            session.config["store"] is None,
        ),
    ]


def _tried(look: Callable[[], str]) -> str:
    try:
        return look()
    except (OSError, StoreError):
        return ""


def _there(path: Path) -> Path:
    """The folder itself, or the nearest above that is there."""
    return path if path.exists() else _there(path.parent)


def _writable(home: Path) -> str:
    with tempfile.NamedTemporaryFile(dir=_there(home), prefix=".stageline-doctor-"):
        return str(home)


def _local(home: Path) -> str:
    from stageline.store.mounts import refuse_network

    refuse_network(_there(home))
    return "yes"
