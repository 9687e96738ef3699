"""The image of a Lab: its captured tools below `/host-tools`, as a layout of OCI that is written without a daemon.

Each capture is a layer, so that Labs with equal tools share their layers. It is made once in a home, when it is asked
for or first needed, and comes out the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from stageline.errors import ConfigError
from stageline.lab.held import held
from stageline.lab.identity import digest_of
from stageline.lab.layout import HOST_TOOLS, IMAGE, Home
from stageline.lab.manifest import Tools
from stageline.lab.read import BuiltLab
from stageline.runtimes.oci import Image, ImageSpec
from stageline.targets.layers import Entry, tree_entries
from stageline.targets.layout import write_layout

_KEY = "stageline image 1"
_NOTE = "stageline-image.json"
_COMMON = {"bin/sh": "sh", "bin/bash": "bash", "usr/bin/env": "env"}
_TEMPORARY = Entry(name="tmp", mode=0o1777)


class _Note(msgspec.Struct, frozen=True):
    """What an image is called; its documents are those of the layout."""

    name: str
    config: str
    manifest: str


def image_key(tools: Sequence[Tools]) -> str:
    """The name of the image's folder, known before it is made; empty when there are no tools."""
    layers = _layers(tools)
    return digest_of(_KEY, layers) if layers else ""


def image_of(lab: BuiltLab) -> tuple[Image, Path]:
    """The image of a Lab and the folder of its layout, made now if it is not there."""
    folder = lab.home.root / IMAGE / lab.metadata.image
    if not lab.metadata.image:
        raise ConfigError(f"{lab.root}: this Lab has no tools of its own, so there is no image of them")
    if not folder.is_dir():
        if not lab.metadata.machine:
            raise ConfigError(f"{lab.root}: this Lab does not say on which machine its tools run; build it again")
        with held(lab.home.root) as home:
            put_image(home, lab.metadata.tools, lab.metadata.machine)
    return _read(folder), folder


def put_image(home: Home, tools: Sequence[Tools], machine: str) -> bool:
    """Have the image in a home that the caller holds; answers whether it had to be made."""
    key, layers = image_key(tools), _layers(tools)
    place, new = home.root / IMAGE / key, home.new / key
    if place.is_dir():
        return False
    base, *others = [list(_layer(home.root / HOST_TOOLS, capture)) for capture in layers]
    links = [Entry(name=name, link=f"/{HOST_TOOLS}/{layers[0]}/bin/{tool}") for name, tool in _COMMON.items()]
    image = write_layout(new, [base, [*links, _TEMPORARY], *others], ImageSpec(layers=(), machine=machine))
    (new / _NOTE).write_bytes(msgspec.json.encode(_Note(image.name, image.config, image.manifest)))
    new.rename(place)
    return True


def _layers(tools: Sequence[Tools]) -> tuple[str, ...]:
    """All captures. The base tools, which all Labs have, come first: an engine keeps a layer once below all others."""
    base = {one.captures[-1] for one in tools if one.captures}
    others = {capture for one in tools for capture in one.captures[:-1]}
    return (*sorted(base), *sorted(others - base))


def _layer(tools: Path, capture: str) -> Iterator[Entry]:
    for entry in tree_entries(tools / capture):
        yield replace(entry, name=f"{HOST_TOOLS}/{capture}/{entry.name}")


def _read(folder: Path) -> Image:
    try:
        note = msgspec.json.decode((folder / _NOTE).read_bytes(), type=_Note)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{folder}: this image is damaged: {error}; remove the folder, it is made again") from error
    return Image(name=note.name, config=note.config, manifest=note.manifest, documents={})
