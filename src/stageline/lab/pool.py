"""Fills the pools of a home: what is there and right is left alone, what is not is written, and all of it is marked.

A file that is there is replaced in one step, so that whoever reads it has the old or the new one. Nothing is synced to
the disk: after a power failure the next build, or `verify`, finds what is damaged.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from hashlib import file_digest, sha256
from pathlib import Path

from stageline.errors import ConfigError, DocumentError
from stageline.lab.capture import Capture, write_capture
from stageline.lab.disk import author_digest
from stageline.lab.layout import HOST_TOOLS, Home
from stageline.lab.manifest import FileMark
from stageline.lab.portable import Taken, Text

_PLAIN, _EXECUTABLE = 0o644, 0o755
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Pool:
    """What a build puts into a home. `marks` are all files of the Lab by path, `written` how many were not there."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.marks: dict[str, FileMark] = {}
        self.written = 0

    def text(self, text: Text) -> None:
        """A small file with this content."""
        self.marks[text.path] = FileMark(sha256(text.content).hexdigest(), len(text.content), text.executable)
        if put(f"{self.home.root}/{text.path}", text.content, _EXECUTABLE if text.executable else _PLAIN):
            self.written += 1

    def empty(self, path: str) -> None:
        """A folder for what is to come; what is in it stays."""
        make_folder(f"{self.home.root}/{path}")

    def capture(self, capture: Capture) -> None:
        """Captured tools."""
        folder = self.home.root / HOST_TOOLS
        place = folder / capture.digest
        if place.is_dir() and not self._is_whole(capture, place):
            place.rename(self.home.new / capture.digest)
        if not place.is_dir():
            write_capture(capture, folder)
            self.written += len(capture.entries)
        for entry in capture.entries:
            path = f"{HOST_TOOLS}/{capture.digest}/{entry.name}"
            self.marks[path] = _mark(self.home.root / path, capture.contents[entry.name])

    def take(self, taken: Taken) -> None:
        """A file or folder of the author's, copied."""
        place = self.home.root / taken.path
        if not place.exists() or author_digest(place) != taken.digest:
            self._copy(taken, place)
        self.folder(taken.path)

    def folder(self, path: str) -> None:
        """Mark all that is in a folder, or a file."""
        for name, mark in marks_below(self.home.root, path):
            self.marks[name] = mark

    def _copy(self, taken: Taken, place: Path) -> None:
        new = self.home.new / f"{len(self.marks)}-{place.parent.name}"
        make_folder(str(new))
        copy_plain(Path(taken.source), new / place.name)
        if author_digest(new / place.name) != taken.digest:
            raise ConfigError(f"{taken.source} was changed while it was built in; build again")
        if place.parent.exists():
            place.parent.rename(self.home.new / f"old-{new.name}")
        new.rename(place.parent)
        self.written += 1

    def _is_whole(self, capture: Capture, place: Path) -> bool:
        """Is each file there, with the size of what was captured? Their content is what `verify` looks at."""
        for entry in capture.entries:
            path = place / entry.name
            if entry.link:
                if not path.is_symlink():
                    return False
            elif not path.is_file():
                return False
            else:
                size = len(entry.content) if entry.content is not None else _size(entry.source)
                if path.stat().st_size != size:
                    return False
        return True


def put(path: str, content: bytes, mode: int = _PLAIN) -> bool:
    """Have a file with this content; answers whether it had to be written."""
    unnamed = ""
    try:
        file = os.open(path, _CREATE, mode)
    except FileExistsError:
        if _holds(path, content, mode):
            return False
        unnamed = f"{path}.{os.urandom(8).hex()}"
        file = os.open(unnamed, _CREATE, mode)
    except FileNotFoundError:
        make_folder(path.rpartition("/")[0])
        file = os.open(path, _CREATE, mode)
    with os.fdopen(file, "wb", buffering=0) as opened:
        os.fchmod(file, mode)
        if opened.write(content) != len(content):
            raise ConfigError(f"{path} cannot be written whole: is the disk full?")
    if unnamed:
        os.replace(unnamed, path)  # noqa: PTH105
    return True


def copy_plain(source: Path, place: Path) -> None:
    """Copy a file or a folder of files; links to files are followed, and nothing else can be in it."""
    if source.is_file():
        shutil.copyfile(source, place)
        place.chmod(_EXECUTABLE if source.stat().st_mode & 0o111 else _PLAIN)
    elif source.is_dir():
        make_folder(str(place))
        for inside in sorted(source.iterdir()):
            if inside.is_symlink() and not inside.is_file():
                raise DocumentError(f"{inside} is a link that leads to no file; put there what it leads to")
            copy_plain(inside, place / inside.name)
    else:
        raise DocumentError(f"{source} is neither a file nor a folder: it cannot be in a Lab")


def marks_below(root: Path, path: str) -> Iterator[tuple[str, FileMark]]:
    """The files below a path of the Lab, with what they are now."""
    place = root / path
    if place.is_dir() and not place.is_symlink():
        for name in sorted(os.listdir(place)):  # noqa: PTH208
            yield from marks_below(root, f"{path}/{name}")
    else:
        yield path, mark_of(place)


def mark_of(path: Path) -> FileMark:
    """What a file is now."""
    if path.is_symlink():
        return FileMark(link=os.readlink(path))  # noqa: PTH115
    with path.open("rb") as file:
        return _mark(path, file_digest(file, "sha256").hexdigest())


def _mark(path: Path, content: str) -> FileMark:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return FileMark(link=content)
    return FileMark(content, status.st_size, bool(status.st_mode & 0o111))


def _size(path: Path | None) -> int:
    assert path is not None
    return path.stat().st_size


def _holds(path: str, content: bytes, mode: int) -> bool:
    try:
        file = os.open(path, _READ)
    except OSError:
        return False
    with os.fdopen(file, "rb", buffering=0) as opened:
        status = os.fstat(file)
        same = stat.S_ISREG(status.st_mode) and status.st_size == len(content) and opened.read() == content
        return same and stat.S_IMODE(status.st_mode) == mode


def make_folder(path: str) -> None:
    """Have a folder that all can look into, whatever the mask of this process; what is in it stays."""
    try:
        os.mkdir(path, _EXECUTABLE)  # noqa: PTH102
    except FileNotFoundError:
        make_folder(path.rpartition("/")[0])
        os.mkdir(path, _EXECUTABLE)  # noqa: PTH102
    except FileExistsError:
        return
    with contextlib.suppress(OSError):
        os.chmod(path, _EXECUTABLE)  # noqa: PTH101
