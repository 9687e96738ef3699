"""The documents of an image: the same from the same, and each named by its content."""

from __future__ import annotations

import json

import msgspec
import pytest

from stageline.errors import DocumentError
from stageline.runtimes.images import find_argv, found, load_argv, loaded, shared_layers
from stageline.runtimes.oci import Blob, ImageSpec, blob_of, build_image, layers_of
from stageline.runtimes.sandbox import Runtime

LAYERS = (blob_of(b"one"), blob_of(b"two"))
SPEC = ImageSpec(layers=LAYERS, env={"B": "2", "A": "1"}, command=("/bin/bash",), machine="x86_64")


def test_a_blob_is_named_by_its_content() -> None:
    digest = "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert blob_of(b"one") == Blob(digest, 3)
    assert blob_of(b"one").path == f"blobs/sha256/{digest[7:]}"


def test_the_documents_lead_from_the_index_to_the_layers() -> None:
    image = build_image(SPEC)
    index = json.loads(image.documents["index.json"])["manifests"][0]
    assert index["digest"] == image.manifest
    assert index["annotations"] == {"org.opencontainers.image.ref.name": image.name}
    manifest = json.loads(image.documents[blob_of(image.documents[f"blobs/{image.manifest.replace(':', '/')}"]).path])
    assert manifest["config"]["digest"] == image.config
    assert [layer["digest"] for layer in manifest["layers"]] == [layer.digest for layer in LAYERS]
    config = json.loads(image.documents[f"blobs/{image.config.replace(':', '/')}"])
    assert config["rootfs"]["diff_ids"] == [layer.digest for layer in LAYERS]
    assert config["config"] == {"Env": ["A=1", "B=2"], "Cmd": ["/bin/bash"]}
    assert config["architecture"] == "amd64"
    [before] = json.loads(image.documents["manifest.json"])
    assert before["RepoTags"] == [image.name]
    assert before["Layers"] == [layer.path for layer in LAYERS]
    assert before["Config"] in image.documents


def test_the_same_image_has_the_same_bytes_and_another_one_another_name() -> None:
    image = build_image(SPEC)
    assert build_image(msgspec.structs.replace(SPEC, env={"A": "1", "B": "2"})) == image
    others: list[dict[str, object]] = [{"layers": LAYERS[::-1]}, {"env": {}}, {"command": ()}, {"machine": "aarch64"}]
    names = {build_image(msgspec.structs.replace(SPEC, **more)).name for more in others}
    assert len(names | {image.name}) == 5


def test_an_engine_has_an_image_when_it_names_its_content() -> None:
    image = build_image(SPEC)
    digests = (image.config, image.manifest)
    assert found(digests, 0, f"{image.config}\n") == image.config
    assert found(digests, 0, image.manifest) == image.manifest
    assert found(digests, 0, image.config[7:]) == image.config[7:]
    assert found(digests, 0, "sha256:of another") == ""
    assert found(digests, 1, image.config) == ""
    assert found(digests, 0, "") == ""


def test_what_engines_are_asked() -> None:
    assert find_argv(Runtime.DOCKER, "n") == ("docker", "image", "inspect", "--format={{.Id}}", "n")
    assert load_argv(Runtime.PODMAN, "/a") == ("podman", "load", "--quiet", "--input=/a")
    with pytest.raises(DocumentError, match="bwrap runtime has no images"):
        load_argv(Runtime.BWRAP, "/a")


def test_layers_are_shared_as_far_as_an_image_begins_with_the_same() -> None:
    layers = ["a", "b", "c"]
    assert shared_layers(layers, '["x", "a"]\n["a", "b", "x", "c"]\n["a"]\nnull\n') == ("a", "b")
    assert shared_layers(layers, '["b", "c"]') == ()
    assert shared_layers(layers, "") == ()


@pytest.mark.parametrize("config", [b"", b"{}", b"[]", b"\xff", b'{"rootfs": 3}'])
def test_a_damaged_configuration_tells_of_no_layers(config: bytes) -> None:
    assert layers_of(config) == ()


def test_a_configuration_tells_of_its_layers() -> None:
    image = build_image(SPEC)
    assert layers_of(image.documents[f"blobs/{image.config.replace(':', '/')}"]) == tuple(one.digest for one in LAYERS)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Loaded image: localhost/a:1\n", "localhost/a:1"),
        ("Loaded image ID: sha256:ab\n", "sha256:ab"),
        ("warning\nLoaded image(s): x", "x"),
        ("nothing", ""),
    ],
)
def test_what_an_engine_says_that_it_has_loaded(said: str, name: str) -> None:
    assert loaded(said) == name
