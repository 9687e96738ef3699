"""Images that we build ourselves: the same bytes from the same files, and every engine takes them in and runs them."""

from __future__ import annotations

import os
import platform
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from stageline.errors import ConfigError, DocumentError
from stageline.runtimes.oci import Image, ImageSpec, blob_of, blob_path
from stageline.runtimes.sandbox import Runtime
from stageline.targets.layers import Entry, tree_entries, write_layer
from stageline.targets.layout import load_image, write_layout
from tests.contract.runtimes.boxes import Box
from tests.contract.runtimes.ready import ready
from tests.engines.control import Engines

SPEC = ImageSpec(
    layers=(), env={"PATH": "/tools", "GREETING": "hello"}, command=("/tools/bash",), machine=platform.machine()
)


def programs() -> list[Entry]:
    """A small system: static busybox and bash."""
    links = [Entry(name=f"tools/{name}", link="busybox") for name in ("cat", "env", "ls", "sleep", "touch")]
    return [
        Entry(name="tools/bash", source=Path("/usr/bin/bash-static")),
        Entry(name="tools/busybox", source=Path("/bin/busybox")),
        Entry(name="bin/sh", link="../tools/busybox"),
        *links,
    ]


@pytest.fixture
def built(tmp_path: Path) -> tuple[Image, Path]:
    """An image that no engine has seen yet, and where it lies."""
    layout = tmp_path / "layout"
    own = [Entry(name="etc/mark", content=uuid4().bytes, mode=0o644)]
    return write_layout(layout, [programs(), own], SPEC), layout


@pytest.fixture
def engine(contained: Box, built: tuple[Image, Path]) -> Iterator[Box]:
    yield contained
    contained.asked("rmi", "--force", built[0].name)


def test_an_image_is_loaded_once_and_runs(engine: Box, built: tuple[Image, Path], tmp_path: Path) -> None:
    image, layout = built
    name = load_image(engine.runtime, image, layout, tmp_path / "load")
    assert name.removeprefix("sha256:") in image.config
    text = 'echo "$GREETING $PATH"; ls /; touch made'
    assert engine.bash(text, image=name).split()[:2] == ["hello", "/tools"]
    assert (engine.out / "made").stat().st_uid == os.getuid()
    assert engine.bash("echo $BASH_VERSION", image=image.name), "it can be called by its name as well"
    (tmp_path / "load/stdout").unlink()
    assert load_image(engine.runtime, image, layout, tmp_path / "load") == name
    assert not (tmp_path / "load/stdout").exists(), "it was not loaded again"


def test_another_image_under_its_name_is_not_taken_for_it(
    engine: Box, built: tuple[Image, Path], tmp_path: Path
) -> None:
    image, layout = built
    engine.asked("tag", engine.image, image.name)
    name = load_image(engine.runtime, image, layout, tmp_path / "load")
    assert engine.bash("echo $GREETING", image=name) == "hello\n"


def test_a_layout_that_is_damaged_is_not_loaded(engine: Box, built: tuple[Image, Path], tmp_path: Path) -> None:
    image, layout = built
    (layout / blob_path(image.config)).write_bytes(b"{}")
    with pytest.raises(ConfigError, match=image.name):
        load_image(engine.runtime, image, layout, tmp_path / "load")


def test_a_layout_is_complete_and_names_everything_by_its_content(built: tuple[Image, Path]) -> None:
    _, layout = built
    blobs = list((layout / "blobs/sha256").iterdir())
    assert len(blobs) == 4
    for path in blobs:
        assert blob_of(path.read_bytes()).digest == f"sha256:{path.name}"
    assert sorted(path.name for path in layout.iterdir()) == ["blobs", "index.json", "manifest.json", "oci-layout"]


def test_a_layout_is_one_of_oci_even_without_the_older_document(engines: Engines, built: tuple[Image, Path]) -> None:
    image, layout = built
    environment = {**os.environ, **ready(Runtime.PODMAN, engines)}
    (layout / "manifest.json").unlink()
    done = subprocess.run(
        ["podman", "pull", "--quiet", f"oci:{layout}"], check=False, capture_output=True, text=True, env=environment
    )
    assert done.stdout.strip() == image.config.removeprefix("sha256:"), done.stderr
    subprocess.run(["podman", "rmi", "--force", done.stdout.strip()], check=True, capture_output=True, env=environment)


def tree(folder: Path) -> Path:
    """A folder with one of each kind that can be in an image."""
    (folder / "b/c").mkdir(parents=True)
    (folder / "b/c/data").write_text("x")
    (folder / "run me").write_text("#!/bin/sh\n")
    (folder / "run me").chmod(0o700)
    (folder / "ünï-" / ("long" * 40)).mkdir(parents=True)
    (folder / "link").symlink_to("b/c/../c/data")
    (folder / "empty").mkdir()
    return folder


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other")
    os.utime(other / "b/c/data", (1, 1))
    (other / "b/c/data").chmod(0o604)
    (other / "empty").chmod(0o700)
    blobs = [write_layer(tree_entries(path), tmp_path / f"{path.name}.tar") for path in (one, other)]
    assert blobs[0] == blobs[1] == blob_of((tmp_path / "one.tar").read_bytes())
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "other.tar").read_bytes()
    (other / "b/c/data").write_text("y")
    assert write_layer(tree_entries(other), tmp_path / "changed.tar").digest != blobs[0].digest


def test_a_layer_holds_what_was_put_in_and_nobody_s_name(tmp_path: Path) -> None:
    entries = [*tree_entries(tree(tmp_path / "tree"), "opt/lab"), Entry(name="x", content=b"123", mode=0o600)]
    write_layer(reversed(entries), tmp_path / "layer.tar")
    with tarfile.open(tmp_path / "layer.tar") as tar:
        members = {member.name: member for member in tar.getmembers()}
        assert list(members) == sorted(members)
        assert {"opt", "opt/lab", "opt/lab/empty", "opt/lab/ünï-/" + "long" * 40} <= set(members)
        assert {(item.uid, item.gid, item.uname, item.gname, item.mtime) for item in members.values()} == {
            (0, 0, "", "", 0)
        }
        assert members["opt/lab/run me"].mode == 0o755
        assert members["opt/lab/b/c/data"].mode == 0o644
        assert members["opt/lab/link"].linkname == "b/c/../c/data"
        data = tar.extractfile("x")
        assert data is not None
        assert data.read() == b"123"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["/a"], "relative"),
        (["a/../b"], "relative"),
        (["a", "a"], "twice"),
        (["a", "a/b"], "no folder"),
        ([""], "relative"),
    ],
)
def test_a_layer_that_makes_no_sense_is_refused(tmp_path: Path, names: list[str], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        write_layer([Entry(name=name, content=b"") for name in names], tmp_path / "layer.tar")


def test_what_cannot_be_in_an_image_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DocumentError, match="pipe is no file"):
        list(tree_entries(tmp_path))
