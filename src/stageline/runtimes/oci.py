"""The documents of an image as a layout of OCI, from the digests of its layers. Pure: the same image, the same bytes.

A layer is an uncompressed tar, so that its digest is also the one by which engines know its content. Beside the
documents of OCI lies the one that engines before OCI read, and names the same files.
"""

import hashlib
import json
from collections.abc import Mapping

import msgspec

REPOSITORY = "localhost/stageline"
_TAR = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_NO_TIME = "1970-01-01T00:00:00Z"


class Blob(msgspec.Struct, frozen=True):
    """A file of a layout, named by its content: `sha256:…`."""

    digest: str
    size: int

    @property
    def path(self) -> str:
        """Where it lies in the layout."""
        return blob_path(self.digest)


class ImageSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What an image is made of, and what its containers begin with. `machine` is as `uname -m` says it."""

    layers: tuple[Blob, ...]
    env: Mapping[str, str] = {}
    command: tuple[str, ...] = ()
    machine: str


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A finished image: its documents by their paths in the layout, and the digests it is known by.

    Engines call it by `config` or by `manifest`, depending on how they keep images.
    """

    name: str
    config: str
    manifest: str
    documents: dict[str, bytes]


class _Rootfs(msgspec.Struct):
    diff_ids: tuple[str, ...]


class _Config(msgspec.Struct):
    rootfs: _Rootfs


def blob_of(content: bytes) -> Blob:
    """How a layout names this content."""
    return Blob(f"sha256:{hashlib.sha256(content).hexdigest()}", len(content))


def blob_path(digest: str) -> str:
    """Where a layout keeps what has this digest."""
    return f"blobs/{digest.replace(':', '/')}"


def image_name(config: str) -> str:
    """The name of the image with this configuration: it says the content, so that it never means another."""
    return f"{REPOSITORY}:{config.removeprefix('sha256:')[:32]}"


def architecture(machine: str) -> str:
    """What images call the machine that `uname -m` calls so."""
    return _ARCHITECTURES.get(machine, machine)


def layers_of(config: bytes) -> tuple[str, ...]:
    """The digests of what the layers hold, from a configuration; none from one that is damaged."""
    try:
        return msgspec.json.decode(config, type=_Config).rootfs.diff_ids
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ()


def build_image(spec: ImageSpec) -> Image:
    """All documents of the image; its layers' blobs lie beside them."""
    config = _document(_configuration(spec))
    name = image_name(blob_of(config).digest)
    manifest = _document(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _descriptor(_CONFIG, blob_of(config)),
            "layers": [_descriptor(_TAR, layer) for layer in spec.layers],
        }
    )
    named = {"org.opencontainers.image.ref.name": name}
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [{**_descriptor(_MANIFEST, blob_of(manifest)), "annotations": named}],
    }
    before = [{"Config": blob_of(config).path, "RepoTags": [name], "Layers": [layer.path for layer in spec.layers]}]
    documents = {
        "oci-layout": _document({"imageLayoutVersion": "1.0.0"}),
        "index.json": _document(index),
        "manifest.json": _document(before),
        blob_of(config).path: config,
        blob_of(manifest).path: manifest,
    }
    return Image(name=name, config=blob_of(config).digest, manifest=blob_of(manifest).digest, documents=documents)


def _configuration(spec: ImageSpec) -> dict[str, object]:
    begin = {"Env": [f"{name}={text}" for name, text in sorted(spec.env.items())], "Cmd": list(spec.command)}
    return {
        "architecture": architecture(spec.machine),
        "os": "linux",
        "created": _NO_TIME,
        "config": {name: value for name, value in begin.items() if value},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in spec.layers]},
        "history": [{"created": _NO_TIME, "created_by": "stageline"} for _ in spec.layers],
    }


def _descriptor(media_type: str, blob: Blob) -> dict[str, object]:
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def _document(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
