"""Writes tars of which the bytes depend on nothing but what is in them: no dates, no owners, one order.

So a layer that is built twice is the same layer. Only files, folders and links can be in one.
"""

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from stageline.errors import DocumentError
from stageline.runtimes.oci import Blob


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One name in a tar, without a leading slash: a file with the content of `source` or these bytes, a symbolic link
    to `link`, or a folder when it has none of them.
    """

    name: str
    source: Path | None = None
    content: bytes | None = None
    link: str = ""
    mode: int = 0o755


def tree_entries(folder: Path, below: str = "") -> Iterator[Entry]:
    """What is in a folder, for a place `below` the root. Of permissions only this remains: can it be executed?"""
    for name in sorted(os.listdir(folder)):  # noqa: PTH208
        path = folder / name
        inside = str(PurePosixPath(below, name))
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            yield Entry(name=inside, link=os.readlink(path))  # noqa: PTH115, a Path would change the text
        elif stat.S_ISDIR(mode):
            yield Entry(name=inside)
            yield from tree_entries(path, inside)
        elif stat.S_ISREG(mode):
            yield Entry(name=inside, source=path, mode=0o755 if mode & 0o111 else 0o644)
        else:
            raise DocumentError(f"{path} is no file, folder or link: it cannot be in an image")


def write_layer(entries: Iterable[Entry], path: Path) -> Blob:
    """Write the entries, and the folders that they are in, as a tar; answers its digest and size."""
    with path.open("xb") as file:
        return _write(entries, file)


def write_archive(folder: Path, path: Path, without: Collection[str] = ()) -> Blob:
    """Write a folder's content as a tar, but for the files of these names: that of a layout is what engines load."""
    return write_layer((entry for entry in tree_entries(folder) if entry.name not in without), path)


def _write(entries: Iterable[Entry], file: IO[bytes]) -> Blob:
    hashed = _Hashed(file)
    with tarfile.open(fileobj=hashed, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
        for entry in _in_order(entries):
            _add(tar, entry)
    return Blob(f"sha256:{hashed.hash.hexdigest()}", hashed.size)


class _Hashed:
    """A file that knows the digest of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return self._file.write(data)


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By name, each after the folders that it is in; two of one name are refused unless both are folders."""
    named: dict[str, Entry] = {}
    for entry in entries:
        path = PurePosixPath(entry.name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise DocumentError(f"{entry.name!r} is no relative path without '..'")
        other = named.get(str(path))
        if other is not None and not (_is_folder(other) and _is_folder(entry)):
            raise DocumentError(f"'{path}' is there twice")
        named[str(path)] = entry
    for path in [PurePosixPath(name) for name in named]:
        for parent in path.parents[:-1]:
            above = named.setdefault(str(parent), Entry(name=str(parent)))
            if not _is_folder(above):
                raise DocumentError(f"'{path}' is below '{parent}', which is no folder")
    return [named[name] for name in sorted(named)]


def _is_folder(entry: Entry) -> bool:
    return entry.source is None and entry.content is None and not entry.link


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    info = tarfile.TarInfo(str(PurePosixPath(entry.name)))
    info.mode = entry.mode
    if entry.link:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
        tar.addfile(info)
    elif entry.source is not None:
        with entry.source.open("rb") as file:
            info.size = os.fstat(file.fileno()).st_size
            tar.addfile(info, file)
    elif entry.content is not None:
        info.size = len(entry.content)
        tar.addfile(info, io.BytesIO(entry.content))
    else:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
