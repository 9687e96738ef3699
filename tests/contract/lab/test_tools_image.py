"""The image of a Lab, in real engines: it holds all tools of its jobs, and is loaded once."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stageline.errors import ConfigError
from stageline.lab.build import BuildOptions, build
from stageline.lab.capture import Capture
from stageline.lab.host_tools import HostTools
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.tools_image import image_of
from stageline.runtimes.oci import Image, blob_path, layers_of
from stageline.runtimes.sandbox import Runtime
from stageline.targets.layout import load_image
from stageline.targets.logs import read_ends
from stageline.targets.process import Command, run
from tests.contract.lab.building import LAB, experiment, lab_in, options, stamps


def real_lab(folder: Path, host_tools: HostTools, text: str = LAB) -> BuiltLab:
    """A Lab with this machine's tools."""
    given = BuildOptions(home=folder / ".stageline", capture=host_tools.environment, machine=platform.machine())
    return read_lab(build(experiment(folder, text), folder / "result", given).output)


def test_an_engine_runs_the_tools_of_a_lab(container_engine: str, host_tools: HostTools, tmp_path: Path) -> None:
    lab = real_lab(tmp_path, host_tools)
    image, layout = image_of(lab)
    runtime = Runtime(container_engine)
    name = load_image(runtime, image, layout, tmp_path / "load")
    try:
        path = ":".join(f"/{folder}" for folder in lab.tool_folders(lab.metadata.tools[0].environment))
        words = ("run", "--rm", "--network=none", "--env", f"PATH={path}", name)
        text = "seq 3 | awk '{ s += $1 } END { print s }'; echo '[1,2]' | jq -c 'map(. + 1)'; test -w /tmp"
        ended = run(Command(argv=(container_engine, *words, "/bin/bash", "-euc", text), folder=tmp_path / "run"))
        assert (ended.code, read_ends(ended.stdout)) == (0, "6\n[2,3]\n"), read_ends(ended.stderr)
    finally:
        run(Command(argv=(container_engine, "rmi", "--force", image.name), folder=tmp_path / "rmi"))


def test_an_engine_is_given_only_the_layers_that_it_has_not(
    container_engine: str, strange_tools: HostTools, tmp_path: Path
) -> None:
    runtime, images = Runtime(container_engine), []
    for tool in ("strange", "stranger"):
        text = LAB.replace("@stage(", f"@stage(run_dependencies=['{tool}'], ")
        images.append(image_of(real_lab(tmp_path / tool, strange_tools, text)))
    names = [image.name for image, _ in images]
    remove = Command(argv=(container_engine, "rmi", "--force", *names), folder=tmp_path / "rmi")
    load_image(runtime, *images[0], tmp_path / "load")
    try:
        shared = layers(images[0]) & layers(images[1])
        assert len(shared) == 2, "the base tools, and what makes them usual"
        sizes = [path.stat().st_size for path in images[1][1].glob("blobs/sha256/*")]
        with no_file_larger_than(sum(sizes) - 1):
            name = load_image(runtime, *images[1], tmp_path / "load")
        words = ("run", "--rm", "--network=none", name, "/bin/bash", "-c", "/host-tools/*/bin/stranger")
        ended = run(Command(argv=(container_engine, *words), folder=tmp_path / "run"))
        assert len(read_ends(ended.stdout)) == 33, read_ends(ended.stderr)
    finally:
        run(remove)


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """This process and its children can write no file that is larger, such as an archive of all layers."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def layers(image: tuple[Image, Path]) -> set[str]:
    return set(layers_of((image[1] / blob_path(image[0].config)).read_bytes()))


def test_it_is_made_once_and_as_the_build_would(tmp_path: Path) -> None:
    later, layout = image_of(lab_in(tmp_path / "later"))
    before = stamps(layout)
    assert image_of(read_lab(tmp_path / "later/result"))[0] == later
    assert stamps(layout) == before
    folder = tmp_path / "at once"
    report = build(experiment(folder), folder / "result", options(folder, image=True))
    assert image_of(read_lab(report.output))[0] == later


def test_a_damaged_image_is_told(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    _, layout = image_of(lab)
    (layout / "stageline-image.json").write_text("{")
    with pytest.raises(ConfigError, match=r"this image is damaged: .*; remove the folder, it is made again"):
        image_of(lab)


def test_without_tools_there_is_no_image(tmp_path: Path) -> None:
    def nothing(names: object) -> tuple[Capture, ...]:
        return ()

    given = BuildOptions(home=tmp_path / ".stageline", capture=nothing, machine=os.uname().machine)
    lab = read_lab(build(experiment(tmp_path), tmp_path / "result", given).output)
    with pytest.raises(ConfigError, match="has no tools of its own"):
        image_of(lab)
