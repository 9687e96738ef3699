"""The one image of an archive, found in its documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import pytest

from stageline.errors import DocumentError
from stageline.runtimes.archived import Files, check_machine, image_in

CONFIG = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:one"]}}


def text(value: object) -> bytes:
    return json.dumps(value).encode()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def blob(content: bytes) -> dict[str, bytes]:
    return {f"blobs/{digest(content).replace(':', '/')}": content}


def saved(**more: object) -> dict[str, bytes]:
    """As docker saves it."""
    entry = {"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["one/layer.tar"], **more}
    return {"manifest.json": text([entry]), "c.json": text(CONFIG), "one/layer.tar": b""}


MANIFEST = text({"config": {"digest": digest(text(CONFIG))}, "layers": [{"digest": digest(b"layer")}]})


def of_oci(manifests: list[dict[str, object]]) -> dict[str, bytes]:
    return {"index.json": text({"manifests": manifests}), **blob(text(CONFIG)), **blob(MANIFEST), **blob(b"layer")}


def files(content: Mapping[str, bytes]) -> Files:
    return Files(content.keys(), content.__getitem__)


def test_an_image_of_docker_is_known_by_its_configuration() -> None:
    image = image_in(files(saved()), "x86_64")
    assert image.digests == (digest(text(CONFIG)),)
    assert image.layers == (("one/layer.tar", "sha256:one"),)
    assert image.saved is None
    assert image.path == ""
    check_machine(image, "x86_64")


@pytest.mark.parametrize("settings", [{"Env": ["A=1", "PATH=/own", "B"]}, {"Env": ["PATH=/own"], "Cmd": ["x"]}])
def test_an_image_says_where_its_programs_are(settings: dict[str, object]) -> None:
    content = {**saved(), "c.json": text({**CONFIG, "config": settings})}
    assert image_in(files(content), "x86_64").path == "/own"


def test_an_image_with_two_names_is_one() -> None:
    assert image_in(files(saved(RepoTags=["a:1", "a:2"])), "x86_64").config == digest(text(CONFIG))


def test_an_image_of_oci_is_known_by_its_manifest_too_and_docker_is_told_what_it_wants() -> None:
    entry: dict[str, object] = {"digest": digest(MANIFEST)}
    image = image_in(files(of_oci([entry, entry])), "x86_64")
    assert image.digests == (digest(text(CONFIG)), digest(MANIFEST))
    assert image.saved is not None
    (told,) = json.loads(image.saved)
    assert told["Layers"] == [path for path, _ in image.layers] == list(blob(b"layer"))
    assert told["Config"] in blob(text(CONFIG))


def test_of_several_platforms_that_of_the_machine_is_taken() -> None:
    here: dict[str, object] = {"digest": digest(MANIFEST), "platform": {"os": "linux", "architecture": "amd64"}}
    other = {"digest": "sha256:other", "platform": {"os": "linux", "architecture": "arm64"}}
    unknown = {"digest": "sha256:unknown", "platform": {"os": "unknown", "architecture": "unknown"}}
    inner = text({"manifests": [other, here, unknown]})
    content = of_oci([{"digest": digest(inner)}]) | blob(inner)
    assert image_in(files(content), "x86_64").manifest == digest(MANIFEST)
    with pytest.raises(DocumentError, match="no image in it for this machine"):
        image_in(files(of_oci([here])), "riscv64")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "neither manifest.json nor index.json"),
        ({"manifest.json": b"[]"}, "no image in it"),
        ({"manifest.json": b"x"}, "manifest.json of the image cannot be read"),
        ({**saved(), "c.json": b"{}"}, "the configuration of the image cannot be read"),
        (saved(Config="d.json"), "d.json is missing"),
        (saved(Layers=[]), "0 layers are listed, and the configuration has 1"),
        (saved(Layers=["two/layer.tar"]), "the layer two/layer.tar is missing"),
    ],
)
def test_what_is_wrong_is_told(content: dict[str, bytes], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        image_in(files(content), "x86_64")


def test_two_images_are_told_by_their_names() -> None:
    (one,) = json.loads(saved()["manifest.json"])
    content = {**saved(), "manifest.json": text([one, {**one, "RepoTags": None}])}
    with pytest.raises(DocumentError, match=r"there are 2 images in it \(a:1; without a name\): save the one"):
        image_in(files(content), "x86_64")


def test_an_image_for_another_machine_is_told() -> None:
    with pytest.raises(DocumentError, match="is for linux/amd64, and the tools of the Lab are for linux/arm64"):
        check_machine(image_in(files(saved()), "aarch64"), "aarch64")
