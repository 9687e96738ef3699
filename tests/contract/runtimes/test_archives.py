"""Archives of an author's: each form that engines write is taken in by each engine, once; the broken are told."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.errors import DocumentError
from stageline.runtimes.oci import Image, blob_path
from stageline.runtimes.sandbox import Runtime
from stageline.targets.archives import check_archive, load_archive, read_archive
from stageline.targets.layers import write_archive
from tests.contract.runtimes.boxes import Box
from tests.contract.runtimes.ready import ready
from tests.contract.runtimes.saved import FORMS, MARK, an_image, forget, saved
from tests.engines.control import Engines

MACHINE = "x86_64"


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> dict[str, tuple[Path, Image]]:
    """An archive in each form."""
    environ = {**ready(Runtime.DOCKER, engines), **ready(Runtime.PODMAN, engines)}
    folder = tmp_path_factory.mktemp("archives")
    return {form: saved(form, folder, environ) for form in FORMS}


@pytest.fixture(params=FORMS)
def form(
    request: pytest.FixtureRequest, archives: dict[str, tuple[Path, Image]], contained: Box
) -> Iterator[tuple[Path, Image]]:
    archive, image = archives[request.param]
    forget(contained.runtime, image)
    yield archive, image
    forget(contained.runtime, image)


def test_an_archive_is_loaded_once_by_its_digest_and_runs(
    contained: Box, form: tuple[Path, Image], tmp_path: Path
) -> None:
    archive, image = form
    check_archive(archive, MACHINE)
    name = load_archive(contained.runtime, archive, read_archive(archive, MACHINE), tmp_path / "load")
    assert name.removeprefix("sha256:") == image.config.removeprefix("sha256:")
    assert len(contained.bash(f"cat /{MARK}; echo $OWN >&2", image=name)) == 32
    (tmp_path / "load/stdout").unlink()
    assert load_archive(contained.runtime, archive, read_archive(archive, MACHINE), tmp_path / "load") == name
    assert not (tmp_path / "load/stdout").exists(), "it was not loaded again"
    assert not (tmp_path / "load/image.tar").exists()


def test_what_an_engine_saves_of_an_image_is_the_image(archives: dict[str, tuple[Path, Image]]) -> None:
    for archive, image in archives.values():
        found = read_archive(archive, MACHINE)
        assert (found.config, found.path) == (image.config, "/own/bin:/bin")


def test_two_images_in_one_archive_are_refused(tmp_path: Path, engines: Engines, contained: Box) -> None:
    images = [an_image(tmp_path / name) for name in ("one", "two")]
    for name in ("one", "two"):
        write_archive(tmp_path / name, tmp_path / f"{name}.tar")
        contained.asked("load", "--quiet", f"--input={tmp_path}/{name}.tar")
    many = ["--multi-image-archive"] if contained.runtime is Runtime.PODMAN else []
    contained.asked("save", *many, f"--output={tmp_path}/both.tar", *(image.name for image in images))
    for image in images:
        forget(contained.runtime, image)
    with pytest.raises(
        DocumentError, match=r"both\.tar: there are 2 images in it \(localhost/stageline:.*save the one"
    ):
        read_archive(tmp_path / "both.tar", MACHINE)


def layout_tar(folder: Path, machine: str = "") -> tuple[Path, Image]:
    """An archive with the documents of OCI alone."""
    image = an_image(folder / "layout", machine)
    (folder / "layout/manifest.json").unlink()
    write_archive(folder / "layout", folder / "oci.tar")
    return folder / "oci.tar", image


def without(archive: Path, name: str, content: bytes | None = None) -> Path:
    """The same archive without a file, or with another content of it."""
    other = archive.with_name("other.tar")
    with tarfile.open(archive) as tar, tarfile.open(other, "w") as written:
        for member in tar:
            if member.name != name:
                written.addfile(member, tar.extractfile(member))
            elif content is not None:
                member.size = len(content)
                written.addfile(member, io.BytesIO(content))
    return other


def test_an_archive_that_is_cut_short_is_told(tmp_path: Path) -> None:
    archive, _ = layout_tar(tmp_path)
    content = archive.read_bytes()
    for size in (0, 100, len(content) // 2, len(content) - 20_000):
        archive.write_bytes(content[:size])
        with pytest.raises(DocumentError, match=r"oci\.tar(: | is no whole archive of an image: .*; save the image)"):
            check_archive(archive, MACHINE)


def test_a_compressed_archive_that_is_cut_short_is_told(tmp_path: Path) -> None:
    archive, _ = layout_tar(tmp_path)
    subprocess.run(["gzip", "--fast", archive], check=True)
    packed = archive.with_name("oci.tar.gz")
    packed.write_bytes(packed.read_bytes()[:-50_000])
    with pytest.raises(DocumentError, match="no whole archive of an image"):
        check_archive(packed, MACHINE)


def test_what_is_no_archive_of_an_image_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").write_text("x")
    write_archive(tmp_path / "a", tmp_path / "a.tar")
    with pytest.raises(DocumentError, match=r"a\.tar: this is no archive of an image.*docker save IMAGE -o FILE"):
        check_archive(tmp_path / "a.tar", MACHINE)


def test_missing_and_damaged_parts_are_named(tmp_path: Path) -> None:
    archive, image = layout_tar(tmp_path)
    manifest = json.loads((tmp_path / "layout" / blob_path(image.manifest)).read_bytes())
    layer = blob_path(manifest["layers"][0]["digest"])
    for name, content, words in [
        (layer, None, f"the layer {layer} is missing"),
        (layer, b"x", f"the layer {layer} is damaged"),
        (blob_path(image.config), None, f"{blob_path(image.config)} is missing"),
        (blob_path(image.config), b"{}", f"{blob_path(image.config)} is not what its name says"),
        (blob_path(image.manifest), b"{}", f"{blob_path(image.manifest)} is not what its name says"),
        ("index.json", b"[", "index.json of the image cannot be read"),
        ("index.json", b'{"manifests": []}', "there is no image in it for this machine"),
    ]:
        with pytest.raises(DocumentError, match=words):
            check_archive(without(archive, name, content), MACHINE)


def test_an_image_for_another_machine_is_refused(tmp_path: Path) -> None:
    archive, _ = layout_tar(tmp_path, "aarch64")
    with pytest.raises(
        DocumentError, match="the image is for linux/arm64, and the tools of the Lab are for linux/amd64"
    ):
        check_archive(archive, MACHINE)
