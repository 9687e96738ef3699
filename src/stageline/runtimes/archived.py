"""The one image in an archive, as `docker save` and `podman save` write them: read from its documents alone. Pure.

An archive has the document of docker, that of OCI, or both. Whatever is not as it must be is told without the
archive's name: whoever has opened it knows that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

import msgspec

from stageline.errors import DocumentError
from stageline.runtimes.oci import architecture, blob_path, image_name

SAVED = "manifest.json"
INDEX = "index.json"
_REMEDY = "make one with 'docker save IMAGE -o FILE', or 'podman save --format oci-archive IMAGE -o FILE'"
T = TypeVar("T")


class Files(msgspec.Struct, frozen=True):
    """What is in an archive: the names, and the content of a small file."""

    names: Collection[str]
    read: Callable[[str], bytes]


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """An image in an archive, and the digests that engines know it by; `manifest` may be unknown.

    `layers` are files of the archive by their paths, with the digests of what they hold uncompressed. `saved` is the
    document that an engine wants which reads none of OCI; None when the archive has it.
    """

    configuration: bytes
    config: str
    manifest: str = ""
    layers: tuple[tuple[str, str], ...]
    saved: bytes | None = None

    @property
    def digests(self) -> tuple[str, ...]:
        """Those by which an engine may know it."""
        return tuple(digest for digest in (self.config, self.manifest) if digest)

    @property
    def path(self) -> str:
        """Where its programs are looked for; empty when it does not say."""
        settings = _read(self.configuration, "the configuration", _Config).config or _Settings()
        found = (text.removeprefix("PATH=") for text in settings.env or () if text.startswith("PATH="))
        return next(found, "")


class _Platform(msgspec.Struct):
    architecture: str = ""
    os: str = ""


class _Descriptor(msgspec.Struct):
    digest: str
    platform: _Platform | None = None


class _Index(msgspec.Struct):
    manifests: list[_Descriptor]


class _Manifest(msgspec.Struct):
    config: _Descriptor
    layers: list[_Descriptor]


class _Saved(msgspec.Struct, rename="pascal"):
    config: str
    layers: list[str]
    repo_tags: list[str] | None = None


class _Rootfs(msgspec.Struct):
    diff_ids: list[str]


class _Settings(msgspec.Struct, rename="pascal"):
    env: list[str] | None = None


class _Config(msgspec.Struct):
    rootfs: _Rootfs
    config: _Settings | None = None
    architecture: str = ""
    os: str = ""


def image_in(files: Files, machine: str) -> Archived:
    """The image; `machine` is what it must be for, as `uname -m` says it."""
    if SAVED in files.names:
        found = _saved(files)
    elif INDEX in files.names:
        found = _of_oci(files, machine)
    else:
        raise DocumentError(f"this is no archive of an image, for it has neither {SAVED} nor {INDEX}: {_REMEDY}")
    if missing := next((path for path, _ in found.layers if path not in files.names), ""):
        raise DocumentError(f"the layer {missing} is missing: {_REMEDY}")
    return found


def layout_documents(image: Archived, layers: Sequence[str]) -> dict[str, bytes]:
    """The documents of the image where its layers are files named by these digests, by their paths.

    Engines know it then by the name of an image of ours, which its configuration gives it.
    """
    entry = {
        "Config": blob_path(image.config),
        "RepoTags": [image_name(image.config)],
        "Layers": [blob_path(layer) for layer in layers],
    }
    return {blob_path(image.config): image.configuration, SAVED: json.dumps([entry]).encode()}


def check_machine(image: Archived, machine: str) -> None:
    """DocumentError when the image is for another machine."""
    config = _read(image.configuration, "the configuration", _Config)
    wanted = architecture(machine)
    if config.os not in ("", "linux") or config.architecture not in ("", wanted):
        raise DocumentError(
            f"the image is for {config.os}/{config.architecture}, and the tools of the Lab are for linux/{wanted}: "
            "save the image for that platform"
        )


def _saved(files: Files) -> Archived:
    entries = _read(files.read(SAVED), SAVED, list[_Saved])
    if len(entries) != 1:
        raise _not_one([", ".join(one.repo_tags or ["without a name"]) for one in entries])
    entry = entries[0]
    content = _there(files, entry.config)
    manifest = ""
    if INDEX in files.names:
        index = _read(files.read(INDEX), INDEX, _Index)
        manifest = index.manifests[0].digest if len(index.manifests) == 1 else ""
    layers = _with_contents(entry.layers, content)
    return Archived(configuration=content, config=_digest(content), manifest=manifest, layers=layers)


def _of_oci(files: Files, machine: str) -> Archived:
    digests = list(dict.fromkeys(_manifests(files, _read(files.read(INDEX), INDEX, _Index), machine)))
    if len(digests) != 1:
        raise _not_one(digests)
    manifest = _read(_blob(files, digests[0]), "the manifest", _Manifest)
    config = manifest.config.digest
    paths = [blob_path(layer.digest) for layer in manifest.layers]
    content = _blob(files, config)
    saved = json.dumps([{"Config": blob_path(config), "RepoTags": None, "Layers": paths}]).encode()
    layers = _with_contents(paths, content)
    return Archived(configuration=content, config=config, manifest=digests[0], layers=layers, saved=saved)


def _manifests(files: Files, index: _Index, machine: str) -> Iterator[str]:
    """The manifests for this machine; an index may name others."""
    for one in index.manifests:
        if one.platform and (one.platform.os != "linux" or one.platform.architecture != architecture(machine)):
            continue
        content = _blob(files, one.digest)
        if b'"manifests"' in content:
            yield from _manifests(files, _read(content, "the index", _Index), machine)
        else:
            yield one.digest


def _with_contents(paths: list[str], config: bytes) -> tuple[tuple[str, str], ...]:
    contents = _read(config, "the configuration", _Config).rootfs.diff_ids
    if len(paths) != len(contents):
        raise DocumentError(f"{len(paths)} layers are listed, and the configuration has {len(contents)}: {_REMEDY}")
    return tuple(zip(paths, contents, strict=True))


def _blob(files: Files, digest: str) -> bytes:
    content = _there(files, blob_path(digest))
    if _digest(content) != digest:
        raise DocumentError(f"{blob_path(digest)} is not what its name says: the archive is damaged; {_REMEDY}")
    return content


def _there(files: Files, path: str) -> bytes:
    if path not in files.names:
        raise DocumentError(f"{path} is missing: {_REMEDY}")
    return files.read(path)


def _read(content: bytes, what: str, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DocumentError(f"{what} of the image cannot be read: {error}; {_REMEDY}") from error


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _not_one(names: list[str]) -> DocumentError:
    if not names:
        return DocumentError(f"there is no image in it for this machine: {_REMEDY}")
    return DocumentError(f"there are {len(names)} images in it ({'; '.join(names)}): save the one that jobs run in")
