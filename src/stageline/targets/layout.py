"""Writes images as folders in the layout of OCI, without a daemon, and has engines take them in, once each."""

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.runtimes.images import find_argv, found, layers_argv, load_argv, ours_argv, shared_layers
from stageline.runtimes.oci import Image, ImageSpec, blob_path, build_image, layers_of
from stageline.runtimes.probe import explain
from stageline.runtimes.sandbox import Runtime
from stageline.targets.layers import Entry, write_archive, write_layer
from stageline.targets.logs import read_ends
from stageline.targets.process import Command, Ended, run


def write_layout(folder: Path, layers: Sequence[Sequence[Entry]], spec: ImageSpec) -> Image:
    """Make `folder` the layout of an image with these layers on top of those of `spec`, whose blobs the caller adds."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    made = []
    for entries in layers:
        unnamed = blobs / "new"
        blob = write_layer(entries, unnamed)
        unnamed.rename(folder / blob_path(blob.digest))
        made.append(blob)
    image = build_image(msgspec.structs.replace(spec, layers=(*spec.layers, *made)))
    for name, content in image.documents.items():
        (folder / name).write_bytes(content)
    return image


def load_image(runtime: Runtime, image: Image, layout: Path, folder: Path) -> str:
    """Have an engine know the image, which it is given only when it has it not, and of that only the layers that it has
    not; answers the id to run it by. `folder` is for the logs of the calls, and for the archive in between.
    """
    if known := _ask(runtime, image, folder):
        return known
    folder.mkdir(parents=True, exist_ok=True)
    there = {blob_path(layer) for layer in _there(runtime, image, layout, folder)}
    ended = _load(runtime, layout, there, folder)
    if there and (ended.code != 0 or not _ask(runtime, image, folder)):
        ended = _load(runtime, layout, set(), folder)
    if ended.code != 0:
        raise ConfigError(f"{image.name} cannot be loaded: {explain(runtime, read_ends(ended.stderr))}")
    if known := _ask(runtime, image, folder):
        return known
    raise ConfigError(f"{runtime} has loaded {image.name}, but under another id: see '{runtime} images'")


def _load(runtime: Runtime, layout: Path, without: Collection[str], folder: Path) -> Ended:
    archive = folder / "image.tar"
    archive.unlink(missing_ok=True)
    write_archive(layout, archive, without)
    try:
        return run(Command(argv=load_argv(runtime, str(archive)), folder=folder))
    finally:
        archive.unlink()


def _there(runtime: Runtime, image: Image, layout: Path, folder: Path) -> tuple[str, ...]:
    """The layers of the image that the engine has, since another image of ours begins with them."""
    ours = run(Command(argv=ours_argv(runtime), folder=folder / "find"))
    ids = list(dict.fromkeys(read_ends(ours.stdout).split()))
    if ours.code != 0 or not ids:
        return ()
    told = run(Command(argv=layers_argv(runtime, ids), folder=folder / "find"))
    if told.code != 0:
        return ()
    return shared_layers(layers_of((layout / blob_path(image.config)).read_bytes()), read_ends(told.stdout))


def _ask(runtime: Runtime, image: Image, folder: Path) -> str:
    ended = run(Command(argv=find_argv(runtime, image.name), folder=folder / "find"))
    return found((image.config, image.manifest), ended.code, read_ends(ended.stdout))
