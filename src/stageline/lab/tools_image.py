"""The image of a Lab: its captured tools below `/host-tools`, as a layout of OCI that is written without a daemon.

Each capture is a layer, so that Labs with equal tools share their layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from stageline.lab.layout import HOST_TOOLS
from stageline.runtimes.oci import Image, ImageSpec
from stageline.targets.layers import Entry, tree_entries
from stageline.targets.layout import write_layout

_COMMON = {"bin/sh": "sh", "bin/bash": "bash", "usr/bin/env": "env"}
_TEMPORARY = Entry(name="tmp", mode=0o1777)


def write_image(folder: Path, tools: Path, captures: Sequence[str], machine: str) -> Image:
    """Make `folder` the layout of an image with these captures of `tools`; the last one has the base tools."""
    layers = [list(_layer(tools, capture)) for capture in captures]
    base = captures[-1]
    links = [Entry(name=name, link=f"/{HOST_TOOLS}/{base}/bin/{tool}") for name, tool in _COMMON.items()]
    return write_layout(folder, [*layers, [*links, _TEMPORARY]], ImageSpec(layers=(), machine=machine))


def _layer(tools: Path, capture: str) -> Iterator[Entry]:
    for entry in tree_entries(tools / capture):
        yield replace(entry, name=f"{HOST_TOOLS}/{capture}/{entry.name}")
