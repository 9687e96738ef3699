"""The packages that a lock of uv names, installed by uv once for a lock and an interpreter, and found again later.

What the lock does not pin by its content is refused, and what is in folders of the author's is installed apart, by its
content; so lock and contents say all that a script finds. What packages consist of stands in their RECORDs.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from posixpath import normpath
from uuid import uuid4

import msgspec

from stageline.errors import ConfigError, DocumentError
from stageline.lab.disk import content_digest
from stageline.lab.identity import digest_of
from stageline.lab.own_packages import STEADY, Wheel
from stageline.lab.python_home import PythonHome, find_python
from stageline.lab.uv_project import UvProject, as_locks_spell, own_names, refuse_unpinned
from stageline.targets.process import Ended

RECORD = "RECORD"
_KEY = "stageline installed packages 2"
_NOTE = "stageline-packages.json"
_WHEELS = ("pip", "install", "--no-deps", "--no-index", "--offline")
_OF_THE_INSTALLER = re.compile(
    r"(.*/)?__pycache__/.*|[^/]+\.dist-info/(direct_url\.json|REQUESTED|WHEEL|uv_[a-z]+\.json)"
)


class Packages(msgspec.Struct, frozen=True):
    """A virtual environment with packages: the files of these by their paths in it, and the folder of the modules."""

    folder: Path
    site: str
    files: tuple[str, ...]


class Installed(msgspec.Struct, frozen=True):
    """The packages for one interpreter: those that a lock pins, and then those in folders of the author's, if any."""

    home: PythonHome
    packages: tuple[Packages, ...]


def installed_packages(project: UvProject, wheels: tuple[Wheel, ...], scratch: Path, cache: Path) -> Installed:
    """What the lock of a project names, and these wheels."""
    home = find_python(Path(project.python), scratch)
    status = home.program.stat()
    python = (str(home.program), status.st_size, status.st_mtime_ns)
    folder = cache / f"packages-{digest_of(_KEY, content_digest(project.lock), project.chosen, python)}"
    found = [_found(folder, lambda new: _sync(project, new))]
    if wheels:
        files = {wheel.name: [wheel.files, wheel.marker] for wheel in wheels}
        folder = cache / f"own-packages-{digest_of(_KEY, files, python)}"
        found.append(_found(folder, lambda new: _unpack(project, wheels, new)))
    return Installed(home, tuple(found))


def _found(folder: Path, install: Callable[[Path], None]) -> Packages:
    if not _is_whole(folder):
        _install(folder, install)
    site = _site(folder)
    return Packages(folder, site, tuple(sorted(_recorded(folder, site))))


def _install(folder: Path, install: Callable[[Path], None]) -> None:
    """Have the environment there, whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    unnamed = folder.with_name(f".{folder.name}-{uuid4().hex}")
    try:
        install(unnamed)
        sizes = {path: (unnamed / path).stat().st_size for path in _recorded(unnamed, _site(unnamed))}
        (unnamed / _NOTE).write_bytes(msgspec.json.encode(sizes))
        if folder.exists():
            folder.rename(unnamed / "of-before")
        unnamed.rename(folder)
    except OSError as error:
        if not _is_whole(folder):
            raise ConfigError(f"packages cannot be installed into {folder}: {error}") from error
    finally:
        shutil.rmtree(unnamed, ignore_errors=True)


def _sync(project: UvProject, folder: Path) -> None:
    """All that the lock pins. What comes as a source is built, so that it comes out the same as far as we can say."""
    without = [f"--no-install-package={name}" for name in own_names(project.lock)]
    words = ("sync", "--frozen", "--no-editable", *project.chosen, *without, "--python", project.python)
    _good(project, project.uv.call(*words, env={**STEADY, "UV_PROJECT_ENVIRONMENT": str(folder)}))
    names = {as_locks_spell(path.parent.name.partition("-")[0]) for path in _records(folder, _site(folder))}
    refuse_unpinned(project.lock, names)


def _unpack(project: UvProject, wheels: tuple[Wheel, ...], folder: Path) -> None:
    """These wheels, as far as they are for this machine."""
    _good(project, project.uv.call("venv", "--no-project", "--python", project.python, str(folder)))
    wanted = folder / "wanted.txt"
    wanted.write_text("\n".join(wheel.requirement for wheel in wheels), encoding="utf-8")
    _good(project, project.uv.call(*_WHEELS, "--python", str(folder / "bin/python"), "-r", str(wanted)))


def _good(project: UvProject, ended: Ended) -> None:
    if ended.code != 0:
        raise project.failed(ended)


def _is_whole(folder: Path) -> bool:
    """Is each file there, as long as it was?"""
    try:
        sizes = msgspec.json.decode((folder / _NOTE).read_bytes(), type=dict[str, int])
        return all((folder / path).stat().st_size == size for path, size in sizes.items())
    except (OSError, msgspec.MsgspecError):
        return False


def _site(folder: Path) -> str:
    found = next(folder.glob("lib/python*/site-packages"), None)
    if found is None:
        raise DocumentError("packages are installed for CPython only: name a version of that as uv(…, python=…)")
    return str(found.relative_to(folder))


def _recorded(folder: Path, site: str) -> Iterator[str]:
    """The files of all packages, without what only installing them has left."""
    for record in _records(folder, site):
        for path, *_ in rows_of(record):
            if not is_left_out(path):
                yield _inside(record, f"{site}/{path}")


def _records(folder: Path, site: str) -> Iterator[Path]:
    return (folder / site).glob(f"*.dist-info/{RECORD}")


def rows_of(record: Path) -> list[list[str]]:
    """The rows of a RECORD, the path first."""
    with record.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if row]


def is_left_out(path: str) -> bool:
    """Does only the way of installing a package tell what is in this file?"""
    return _OF_THE_INSTALLER.fullmatch(path) is not None


def _inside(record: Path, path: str) -> str:
    """A path of a RECORD as seen from the environment."""
    plain = normpath(path)
    if plain.startswith(("/", "..")):
        raise DocumentError(f"{record.parent.name} has a file outside of its environment: {path}")
    return plain
