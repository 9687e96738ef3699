"""The images that scripts of a Lab are run in on targets: that of its own tools, and those of its author's archives.

Each is a layout in the home, made there when first needed, so that a target is sent only the blobs that it has not.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from stageline.lab.held import held
from stageline.lab.identity import digest_of
from stageline.lab.layout import IMAGE
from stageline.lab.model import Environment
from stageline.lab.read import BuiltLab
from stageline.lab.tools_image import image_of
from stageline.runtimes.archived import Archived
from stageline.runtimes.oci import image_name
from stageline.targets.archives import read_archive, read_layout, unpack_archive

_KEY = "stageline archive 1"


class LabImage(msgspec.Struct, frozen=True, kw_only=True):
    """What engines call it, and the folder of its layout. `own` is what its author's archive says of it."""

    name: str
    layout: Path
    own: Archived | None = None

    @property
    def files(self) -> list[Path]:
        """All that an engine needs."""
        return sorted(path for path in self.layout.rglob("*") if path.is_file())


def image_for(lab: BuiltLab, of: Environment) -> LabImage:
    """The image of an environment."""
    if of.kind != "image":
        image, layout = image_of(lab)
        return LabImage(name=image.name, layout=layout)
    layout, machine = lab.home.root / IMAGE / archive_key(of), lab.metadata.machine
    if not layout.is_dir():
        _unpack(lab, lab.path(of.path), layout)
    own = read_layout(layout, machine)
    return LabImage(name=image_name(own.config), layout=layout, own=own)


def image_folders(lab: BuiltLab) -> frozenset[str]:
    """The names of the folders in which a home has the images of a Lab, if they were ever needed."""
    archives = {archive_key(one.environment) for one in lab.metadata.tools if one.environment.kind == "image"}
    return frozenset({*archives, lab.metadata.image} - {""})


def archive_key(of: Environment) -> str:
    """The name of the folder of an archive's layout."""
    return digest_of(_KEY, of.digest)


def _unpack(lab: BuiltLab, archive: Path, layout: Path) -> None:
    with held(lab.home.root) as home:
        if layout.is_dir():
            return
        new = home.new / layout.name
        unpack_archive(archive, read_archive(archive, lab.metadata.machine), new)
        new.rename(layout)
