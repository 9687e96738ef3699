"""Archives of images that others have made: read, checked, and taken in by an engine that has not their image yet."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, TypeVar

from stageline.errors import ConfigError, DocumentError
from stageline.runtimes.archived import SAVED, Archived, Files, check_machine, image_in, layout_documents
from stageline.runtimes.images import find_argv, found, load_argv, loaded
from stageline.runtimes.oci import blob_path
from stageline.runtimes.probe import explain
from stageline.runtimes.sandbox import Runtime
from stageline.targets.logs import read_ends
from stageline.targets.process import Command, Ended, run

_AT_ONCE = 1 << 20
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
T = TypeVar("T")


def read_archive(path: Path, machine: str) -> Archived:
    """The one image in it; DocumentError says what is wrong with the archive."""
    return _in(path, lambda tar: image_in(_files(tar), machine))


def check_archive(path: Path, machine: str) -> None:
    """Look at all of an archive: is it whole, and is its image for this machine? Reads every byte."""

    def look(tar: tarfile.TarFile) -> None:
        files = _files(tar)
        image = image_in(files, machine)
        for layer, content in image.layers:
            with _member(tar, layer) as file:
                _check_layer(layer, content, file)
        check_machine(image, machine)

    _in(path, look)


def unpack_archive(path: Path, image: Archived, folder: Path) -> None:
    """Make `folder` the layout of the image of an archive: each layer is a file that its content names."""
    (folder / "blobs/sha256").mkdir(parents=True)

    def take(tar: tarfile.TarFile) -> list[str]:
        return [_take(tar, layer, folder) for layer, _ in image.layers]

    for name, content in layout_documents(image, _in(path, take)).items():
        (folder / name).write_bytes(content)


def read_layout(folder: Path, machine: str) -> Archived:
    """The image whose layout this is."""
    names = frozenset(str(file.relative_to(folder)) for file in folder.rglob("*"))
    return image_in(Files(names, lambda name: (folder / name).read_bytes()), machine)


def load_archive(runtime: Runtime, path: Path, image: Archived, folder: Path) -> str:
    """Have an engine know the image of an archive, which it is given only when it has it not; answers its id.

    `folder` is for the logs of the calls, and for the archive as the engine wants it.
    """
    if known := _ask(runtime, image, folder):
        return known
    folder.mkdir(parents=True, exist_ok=True)
    with _readable(runtime, path, image, folder) as archive:
        ended = run(Command(argv=load_argv(runtime, str(archive)), folder=folder))
    if ended.code != 0:
        raise ConfigError(f"{path} cannot be loaded: {explain(runtime, read_ends(ended.stderr))}")
    if known := _ask(runtime, image, folder) or _named(runtime, ended, folder):
        return known
    raise ConfigError(f"{runtime} has loaded {path}, but does not say what it calls the image")


def _ask(runtime: Runtime, image: Archived, folder: Path) -> str:
    answers = (_inspect(runtime, digest, folder) for digest in image.digests)
    return next((known for ended in answers if (known := found(image.digests, ended.code, _said(ended)))), "")


def _named(runtime: Runtime, ended: Ended, folder: Path) -> str:
    """The id of what the engine says that it has loaded; there are some that give images ids of their own."""
    name = loaded(_said(ended))
    asked = _inspect(runtime, name, folder) if name else ended
    return _said(asked).strip() if name and asked.code == 0 else ""


def _inspect(runtime: Runtime, name: str, folder: Path) -> Ended:
    return run(Command(argv=find_argv(runtime, name), folder=folder / "find"))


def _said(ended: Ended) -> str:
    return read_ends(ended.stdout)


@contextmanager
def _readable(runtime: Runtime, path: Path, image: Archived, folder: Path) -> Iterator[Path]:
    """The archive as the engine can read it: docker wants a document of its own beside those of OCI."""
    if runtime is not Runtime.DOCKER or image.saved is None:
        yield path
        return
    copy = folder / "image.tar"
    try:
        with tarfile.open(path) as tar, tarfile.open(copy, "w") as written:
            for member in tar:
                written.addfile(member, tar.extractfile(member) if member.isreg() else None)
            info = tarfile.TarInfo(SAVED)
            info.size = len(image.saved)
            written.addfile(info, io.BytesIO(image.saved))
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _in(path: Path, look: Callable[[tarfile.TarFile], T]) -> T:
    try:
        with tarfile.open(path) as tar:
            return look(tar)
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error
    except (tarfile.TarError, OSError, EOFError, UnicodeError) as error:
        why = str(error).partition(":\n")[0]
        raise DocumentError(f"{path} is no whole archive of an image: {why}; save the image again") from error


def _files(tar: tarfile.TarFile) -> Files:
    def read(name: str) -> bytes:
        with _member(tar, name) as file:
            return file.read()

    return Files(frozenset(_plain(name) for name in tar.getnames()), read)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(next(member for member in tar.getmembers() if _plain(member.name) == name))
    if file is None:
        raise DocumentError(f"{name} is no file: save the image again")
    return file


def _take(tar: tarfile.TarFile, layer: str, folder: Path) -> str:
    """Have a layer in a layout; answers its digest."""
    new, hashed = folder / "new", sha256()
    with _member(tar, layer) as file, new.open("wb") as written:
        while block := file.read(_AT_ONCE):
            hashed.update(block)
            written.write(block)
    digest = f"sha256:{hashed.hexdigest()}"
    new.rename(folder / blob_path(digest))
    return digest


def _plain(name: str) -> str:
    return name.removeprefix("./")


def _check_layer(layer: str, content: str, file: IO[bytes]) -> None:
    """A layer holds what the configuration says of it; one that is compressed, what its own name says."""
    first = file.read(_AT_ONCE)
    hashed = sha256(first)
    while block := file.read(_AT_ONCE):
        hashed.update(block)
    digest = f"sha256:{hashed.hexdigest()}"
    by_name = layer == blob_path(digest) or not layer.startswith("blobs/")
    if not (by_name if first.startswith(_COMPRESSED) else digest == content):
        raise DocumentError(f"the layer {layer} is damaged: save the image again")
