"""The packages in folders of the author's that a lock names: his project, members of its workspace, folders beside it.

uv builds a wheel of each as it is now, and what that holds is what counts, but for what only tells of the package: its
description, and by what it was built. So what the package does not take in can change as it likes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import msgspec

from stageline.errors import DocumentError
from stageline.lab.identity import digest_of
from stageline.lab.uv_project import UvProject
from stageline.targets.process import Ended
from stageline.tasks.uv import reason_of

STEADY = {"SOURCE_DATE_EPOCH": "315619200", "PYTHONHASHSEED": "0"}
_CONTENT = "stageline own packages 1"
_LIST = ("export", "--frozen", "--no-editable", "--no-hashes", "--quiet")
_TELLING = re.compile(r"[^/]+\.dist-info/(METADATA|WHEEL|RECORD)")
_SETTINGS = """\
[build]
build_base = {folder}/base
[egg_info]
egg_base = {folder}
"""


class Wheel(msgspec.Struct, frozen=True):
    """A package, built: the digests of its files by name, and for which machines it is, as a marker."""

    path: Path
    files: dict[str, str]
    marker: str = ""

    @property
    def name(self) -> str:
        return self.path.name.partition("-")[0]

    @property
    def requirement(self) -> str:
        """What asks uv for it."""
        return f"{self.name} @ {self.path.as_uri()}" + (f" ; {self.marker}" if self.marker else "")


def own_wheels(project: UvProject, scratch: Path) -> tuple[Wheel, ...]:
    """What is to be installed of the author's own, in the order of the lock."""
    ended = project.uv.call(*_LIST, *project.chosen)
    if ended.code != 0:
        raise project.failed(ended)
    return tuple(_built(project, *one, scratch) for one in _folders(project, ended.stdout.read_text("utf-8")))


def content_of(wheels: tuple[Wheel, ...]) -> str:
    """What stands for all that scripts can find of them; empty when there are none."""
    files = {one.name: {name: digest for name, digest in one.files.items() if counts(name)} for one in wheels}
    return digest_of(_CONTENT, files) if files else ""


def counts(name: str) -> bool:
    """Is this file of a wheel more than a tale about the package?"""
    return _TELLING.fullmatch(name) is None


def _folders(project: UvProject, listed: str) -> Iterator[tuple[Path, str]]:
    """The folders in a list of requirements, with their markers."""
    for line in listed.splitlines():
        path, _, marker = line.partition(" ; ")
        folder = project.folder / path
        if path.startswith((".", "/")) and folder.is_dir():
            yield folder, marker


def _built(project: UvProject, source: Path, marker: str, scratch: Path) -> Wheel:
    folder = scratch / f"own-{uuid4().hex}"
    folder.mkdir(parents=True)
    ended = _build(project, source, folder)
    found = list((folder / "wheel").glob("*.whl"))
    if ended.code != 0 or len(found) != 1:
        raise DocumentError(f"the package in {source.resolve()} cannot be built: {reason_of(ended)}")
    return Wheel(found[0], _contents(found[0]), marker)


def _build(project: UvProject, source: Path, folder: Path) -> Ended:
    """Without a network first: what builds it is the same as before, then. Nothing is written to the source."""
    settings = folder / "settings.cfg"
    settings.write_text(_SETTINGS.format(folder=folder), encoding="utf-8")
    env = {**STEADY, "DIST_EXTRA_CONFIG": str(settings)}
    words = ("build", "--wheel", "--out-dir", str(folder / "wheel"), "--python", project.python)
    ended = project.uv.call(*words, "--offline", str(source), env=env)
    return ended if ended.code == 0 else project.uv.call(*words, str(source), env=env)


def _contents(wheel: Path) -> dict[str, str]:
    with zipfile.ZipFile(wheel) as file:
        found = {one.filename: _digest(file, one) for one in file.infolist() if not one.is_dir()}
    return dict(sorted(found.items()))


def _digest(file: zipfile.ZipFile, one: zipfile.ZipInfo) -> str:
    """That of the bytes, and of whether they can be executed."""
    executable = b"executable:" if one.external_attr >> 16 & 0o111 else b""
    return sha256(executable + file.read(one)).hexdigest()
