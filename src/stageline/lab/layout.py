"""Where everything is: in a Lab, and in the home that Labs of a project share. Names only, nothing is looked at.

What its content names (jobs, tools, images, inputs) is in a home once; a Lab that is built there has links to it. A Lab
that was copied or unpacked holds all of it, and is its own home. Paths inside of a Lab are relative to its root.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import msgspec

from stageline.lab.identity import LENGTH
from stageline.lab.model import Job

LAB = "lab"
REVISION = "revision"
JOBS = "jobs"
HOST_TOOLS = "host-tools"
IMAGE = "image"
INPUTS = "inputs"
POOLS = (JOBS, HOST_TOOLS, IMAGE, INPUTS)
LAB_METADATA = f"{LAB}/lab-metadata.json"
METADATA = f"{REVISION}/metadata.json"
FILES = f"{REVISION}/files.json"
BIN = "bin"
OUT = "out"
LOCALES = "lib/locale"
ONLY_PART = "run"


class Home(msgspec.Struct, frozen=True):
    """The folder in which the Labs of a project, and all that they share, are kept.

    `records` are the ends of jobs, `new` is where unfinished things are, `packed` remembers which tar is which Lab.
    """

    root: Path

    @property
    def labs(self) -> Path:
        return self.root / "labs"

    @property
    def jobs(self) -> Path:
        return self.root / JOBS

    @property
    def records(self) -> Path:
        return self.root / "records"

    @property
    def new(self) -> Path:
        return self.root / "new"

    @property
    def packed(self) -> Path:
        return self.root / "packed"

    @property
    def lock(self) -> Path:
        """Held by whoever adds to this home or clears it up."""
        return self.root / "lab.lock"


def bin_folder(job: str, part: str = ONLY_PART) -> str:
    """Where the scripts of a job are, by its folder's name; each part of a scatter-gather has a folder of its own."""
    folder = f"{JOBS}/{job}/{BIN}"
    return folder if part == ONLY_PART else f"{folder}/{part}"


def executables(job: Job) -> dict[str, str]:
    """What starts each part of a job."""
    return {name: f"{bin_folder(job.folder, name)}/{part.ingredients.pname}" for name, part in job.parts.items()}


def out_folder(job: str) -> str:
    """Where the outputs of a job are, by its folder's name."""
    return f"{JOBS}/{job}/{OUT}"


def input_path(digest: str, path: str) -> str:
    """Where a file or folder of the author's is: it keeps its name, its content names the folder around it."""
    return f"{INPUTS}/{digest[:LENGTH]}/{PurePosixPath(path).name}"


def archive_path(digest: str, path: str) -> str:
    """Where an image is that the author gave as an archive."""
    return f"{IMAGE}/{digest[:LENGTH]}/{PurePosixPath(path).name}"


def manifest_path(digest: str) -> str:
    """Where the jobs of a run are."""
    return f"{REVISION}/{digest[:LENGTH]}.json"
