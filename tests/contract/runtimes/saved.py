"""Images of which engines know nothing yet, in each form in which they save them."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from stageline.runtimes.oci import Image, ImageSpec
from stageline.runtimes.sandbox import Runtime
from stageline.targets.layers import Entry, write_archive
from stageline.targets.layout import write_layout

MARK = "etc/mark"
FORMS = ("docker", "podman", "oci", "oci.gz")


def an_image(layout: Path, machine: str = "") -> Image:
    """A small system, static busybox and bash, that is like no other."""
    programs = [
        Entry(name="bin/bash", source=Path("/usr/bin/bash-static")),
        Entry(name="bin/busybox", source=Path("/bin/busybox")),
        *(Entry(name=f"bin/{name}", link="busybox") for name in ("sh", "env", "cat", "hostname")),
        Entry(name="own/bin/rev", link="/bin/busybox"),
    ]
    own = [Entry(name=MARK, content=uuid4().hex.encode(), mode=0o644)]
    spec = ImageSpec(
        layers=(), env={"PATH": "/own/bin:/bin", "OWN": "of the image"}, machine=machine or platform.machine()
    )
    return write_layout(layout, [programs, own], spec)


def saved(form: str, folder: Path, environ: Mapping[str, str]) -> tuple[Path, Image]:
    """An archive as the engine writes it, which has forgotten the image afterwards."""
    image = an_image(folder / f"layout-{form}")
    tar, archive = folder / f"{form}-given.tar", folder / f"{form}.tar"
    write_archive(folder / f"layout-{form}", tar)
    engine = "docker" if form == "docker" else "podman"
    options = {"docker": [], "podman": ["--format=docker-archive"]}.get(form, ["--format=oci-archive"])
    for words in (
        ("load", "--quiet", f"--input={tar}"),
        ("save", *options, f"--output={archive}", image.name),
        ("rmi", "--force", image.name),
    ):
        subprocess.run([engine, *words], check=True, capture_output=True, env={**os.environ, **environ})
    if form.endswith(".gz"):
        subprocess.run(["gzip", "--fast", archive], check=True)
        archive.with_name(f"{archive.name}.gz").rename(archive)
    return archive, image


def forget(runtime: Runtime, image: Image) -> None:
    """Have an engine not know the image."""
    subprocess.run([runtime, "rmi", "--force", image.config.removeprefix("sha256:")], check=False, capture_output=True)
