"""The packages that a lock of uv names, installed by uv once for a lock and an interpreter, and found again later.

The author's own project and its groups are left out, and what the lock does not pin by its content is refused, so that
the lock says all that a script finds. What packages consist of stands in their RECORDs.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from posixpath import normpath
from uuid import uuid4

import msgspec

from stageline.errors import ConfigError, DocumentError, MissingDependency
from stageline.lab.identity import digest_of
from stageline.lab.model import Environment
from stageline.lab.python_home import PythonHome, find_python
from stageline.targets.process import Ended
from stageline.tasks.uv import Uv, reason_of

LOCK = "uv.lock"
RECORD = "RECORD"
_PROJECT = "pyproject.toml"
_KEY = "stageline installed packages 1"
_NOTE = "stageline-packages.json"
_WITHOUT = ("--no-default-groups", "--no-install-project", "--no-editable")
_OUTDATED = "needs to be updated"
_OF_THE_INSTALLER = re.compile(r"(.*/)?__pycache__/.*|[^/]+\.dist-info/(direct_url\.json|REQUESTED|uv_[a-z]+\.json)")


class Installed(msgspec.Struct, frozen=True):
    """A virtual environment with packages: its interpreter, and the files of packages by their paths in it.

    `site` is the folder of the modules.
    """

    folder: Path
    home: PythonHome
    site: str
    files: tuple[str, ...]


def installed_packages(of: Environment, scratch: Path, cache: Path) -> Installed:
    """What the lock of an environment names. DocumentError tells what is wrong with the lock, MissingDependency that
    uv or the wanted Python is not on this machine.
    """
    lock = Path(of.path)
    if lock.name != LOCK or not lock.with_name(_PROJECT).is_file():
        raise DocumentError(f"{lock} is no {LOCK} with a {_PROJECT} beside it: make one with 'uv lock'")
    uv = Uv(scratch / "uv", str(lock.parent))
    python = _interpreter(uv, of)
    _check(uv, lock, python)
    home = find_python(Path(python), scratch)
    status = home.program.stat()
    key = digest_of(_KEY, of.digest, str(home.program), status.st_size, status.st_mtime_ns)
    folder = cache / f"packages-{key}"
    if not _is_whole(folder):
        _install(uv, lock, python, folder)
    site = _site(folder)
    return Installed(folder, home, site, tuple(sorted(_recorded(folder, site))))


def _interpreter(uv: Uv, of: Environment) -> str:
    """That of the author's wish, or one that the project beside the lock says it works with."""
    found = uv.interpreter("--", of.python) if of.python else uv.usual_interpreter()
    if isinstance(found, str):
        return found
    wanted = f"Python {of.python}" if of.python else f"Python as {Path(of.path).with_name(_PROJECT)} wants it"
    raise MissingDependency(
        f"there is no {wanted} on this machine; there is {uv.known()}: "
        f"write one of these as uv(…, python=…), or install the other ({reason_of(found)})"
    )


def _check(uv: Uv, lock: Path, python: str) -> None:
    ended = uv.call("lock", "--check", "--python", python)
    if ended.code == 0:
        return
    if _OUTDATED in reason_of(ended):
        raise DocumentError(f"{lock} is not what {_PROJECT} beside it asks for: run 'uv lock' there")
    raise _told(lock, ended)


def _install(uv: Uv, lock: Path, python: str, folder: Path) -> None:
    """Have the environment there, whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    unnamed = folder.with_name(f".{folder.name}-{uuid4().hex}")
    try:
        ended = uv.call("sync", "--frozen", *_WITHOUT, "--python", python, env={"UV_PROJECT_ENVIRONMENT": str(unnamed)})
        if ended.code != 0:
            raise _told(lock, ended)
        site = _site(unnamed)
        _refuse_unpinned(lock, {_distribution(path) for path in (unnamed / site).glob(f"*.dist-info/{RECORD}")})
        sizes = {path: (unnamed / path).stat().st_size for path in _recorded(unnamed, site)}
        (unnamed / _NOTE).write_bytes(msgspec.json.encode(sizes))
        if folder.exists():
            folder.rename(unnamed / "of-before")
        unnamed.rename(folder)
    except OSError as error:
        if not _is_whole(folder):
            raise ConfigError(f"packages cannot be installed into {folder}: {error}") from error
    finally:
        shutil.rmtree(unnamed, ignore_errors=True)


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
    for record in (folder / site).glob(f"*.dist-info/{RECORD}"):
        for path, *_ in rows_of(record):
            if not is_left_out(path):
                yield _inside(record, f"{site}/{path}")


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


class _File(msgspec.Struct):
    hash: str = ""


class _Package(msgspec.Struct):
    name: str
    source: dict[str, object]
    wheels: list[_File] = []
    sdist: _File | None = None

    @property
    def is_pinned(self) -> bool:
        """Does the lock say what is in it? A commit does so too."""
        files = [*self.wheels, *([self.sdist] if self.sdist else [])]
        return "git" in self.source or (bool(files) and all(file.hash for file in files))


class _Lock(msgspec.Struct):
    package: list[_Package] = []


def _refuse_unpinned(lock: Path, installed: Collection[str]) -> None:
    packages = msgspec.convert(tomllib.loads(lock.read_text("utf-8")), _Lock).package
    if loose := sorted(one.name for one in packages if one.name in installed and not one.is_pinned):
        raise DocumentError(
            f"{lock} does not say what is in {', '.join(loose)}, so equal locks could give different results: "
            f"name a wheel, made with 'uv build --wheel', under [tool.uv.sources] in {_PROJECT}, and run 'uv lock'"
        )


def _distribution(record: Path) -> str:
    """The name of a package, as locks spell it."""
    return re.sub(r"[-_.]+", "-", record.parent.name.partition("-")[0]).lower()


def _told(lock: Path, ended: Ended) -> ConfigError:
    reason = reason_of(ended).removeprefix("error: ")
    return DocumentError(f"the packages of {os.fspath(lock)} cannot be installed: {reason}")
