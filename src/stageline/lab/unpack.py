"""Takes a Lab from a tar into a home, once. The tar may come from anywhere, so nothing of it is believed.

Only folders, files, and links that stay within captured tools are taken, each once and below the root; then
every file must be what the Lab lists. After that it is a Lab of that home like any that was built there.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from stageline.errors import ConfigError
from stageline.lab.held import held
from stageline.lab.identity import digest_of
from stageline.lab.layout import HOST_TOOLS, POOLS, Home
from stageline.lab.pool import make_folder, mark_of
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.verify import verify

_NOTE = "stageline packed lab 1"


def open_lab(path: Path, home: Path) -> BuiltLab:
    """The Lab in a folder or a tar; what is in a tar is taken into the home first, unless it is there."""
    if not path.is_file():
        return read_lab(path)
    known = Home(home.absolute())
    status = path.stat()
    note = known.packed / digest_of(_NOTE, str(path.absolute()), status.st_size, status.st_mtime_ns)
    if (lab := _noted(known, note)) is not None:
        return lab
    with held(home) as held_home:
        lab = _take(path, held_home)
        held_home.packed.mkdir(exist_ok=True)
        note.write_text(lab.id, encoding="utf-8")
    return lab


def _noted(home: Home, note: Path) -> BuiltLab | None:
    if not note.is_file():
        return None
    root = home.labs / note.read_text(encoding="utf-8")
    return read_lab(root) if root.is_dir() else None


def _take(tar: Path, home: Home) -> BuiltLab:
    new = home.new / "lab"
    make_folder(str(new))
    _unpack(tar, new)
    lab = read_lab(new)
    if changes := verify(lab):
        raise ConfigError(f"{tar}: this Lab is not as it was built: {changes[0]}")
    for pool in POOLS:
        make_folder(str(new / pool))
        _merge(new / pool, home.root / pool)
        shutil.rmtree(new / pool, ignore_errors=True)
        (new / pool).symlink_to(f"../../{pool}")
    root = home.labs / lab.id
    if root.exists():
        root.rename(home.new / "old")
    new.rename(root)
    return read_lab(root)


def _unpack(tar: Path, folder: Path) -> None:
    try:
        with tarfile.open(tar, "r:") as opened:
            for member, path in _safe(tar, opened):
                place = folder / path
                if member.isdir():
                    make_folder(str(place))
                elif member.issym():
                    place.symlink_to(member.linkname)
                else:
                    _write(opened, member, place)
    except (tarfile.TarError, OSError, EOFError, UnicodeError) as error:
        raise ConfigError(
            f"{tar}: this is no Lab in a tar: {error}; pack it again with 'stageline build --tar'"
        ) from error


def _safe(tar: Path, opened: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, str]]:
    """The members, each found harmless before anything is written."""
    seen: dict[str, bool] = {"": True}
    for member in opened:
        path = member.name
        if problem := _problem(member, seen):
            raise ConfigError(f"{tar}: {path!r} {problem}; nothing of it is used")
        seen[path] = member.isdir()
        yield member, path


def _problem(member: tarfile.TarInfo, seen: dict[str, bool]) -> str:
    path = member.name
    if posixpath.normpath(path) != path or path.startswith(("/", "..")) or path == "." or "\0" in path:
        return "is no path inside of a Lab"
    if path in seen:
        return "is there twice"
    if not seen.get(posixpath.dirname(path), False):
        return "is not in a folder of the Lab"
    if member.issym():
        return "" if _stays(path, member.linkname) else f"is a link that leads out, to {member.linkname!r}"
    return "" if member.isreg() or member.isdir() else "is neither a file nor a folder"


def _stays(path: str, target: str) -> bool:
    """Does a link stay within captured tools? Up it goes through folders alone, as no name stands before a `..`."""
    meant = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    is_plain = target == posixpath.normpath(target) and not target.startswith("/")
    return is_plain and all(one.startswith(f"{HOST_TOOLS}/") for one in (path, meant)) and path.count("/") > 1


def _write(opened: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    content = opened.extractfile(member)
    assert content is not None
    file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(file, "wb") as written:
        shutil.copyfileobj(content, written, 1 << 20)
        os.fchmod(file, 0o755 if member.mode & 0o111 else 0o644)


def _merge(new: Path, place: Path) -> None:
    """Move what is not there yet, and what is not as it must be; results of jobs stay."""
    if new.is_symlink() or not new.is_dir():
        if not os.path.lexists(place) or mark_of(place) != mark_of(new):
            new.replace(place)
    elif not os.path.lexists(place):
        new.rename(place)
    else:
        for inside in sorted(new.iterdir()):
            _merge(inside, place / inside.name)
