"""The docker stage with each container engine that is here."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from stageline.stages.docker import DockerStage
from stageline.stages.result import FAILED, SUCCESS
from stageline.tasks.docker_argv import Auth, auth_config


@pytest.fixture
def kept(container_engine: str, container_image: str) -> dict[str, Any]:
    """The fields that every stage of these tests has."""
    return {"name": "x", "image": container_image, "engine": container_engine, "network": "none"}


def test_a_container_says_what_it_has_to_say(kept: dict[str, Any]) -> None:
    env = {"WHO": "${{ params.who }}"}
    result = DockerStage(**kept, command="echo hello $WHO; exit 3", env=env).execute({"who": "you"})
    assert (result.status, result.outputs) == (FAILED, {"return_code": 3, "stdout": "hello you\n", "stderr": ""})


def test_a_folder_of_this_machine_is_one_inside(kept: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in here")
    result = DockerStage(**kept, command=["cat", "/data/file"], volume={str(tmp_path): "/data"}).execute({})
    assert (result.status, result.outputs["stdout"]) == (SUCCESS, "in here")


def test_an_image_has_its_tag_beside_it_or_with_it(kept: dict[str, Any]) -> None:
    image, _, tag = kept["image"].rpartition(":")
    stage = DockerStage(**{**kept, "image": image, "tag": tag}, command=["true"])
    assert stage.execute({}).status is SUCCESS


def test_credentials_that_lack_something_are_an_error(kept: dict[str, Any]) -> None:
    result = DockerStage(**kept, auth={"username": "me"}).execute({})
    assert result.failure is not None
    assert result.failure.message == "stage 'x': auth: object missing required field password"


def test_credentials_are_written_as_the_engines_read_them() -> None:
    auths = json.loads(auth_config(Auth(username="me", password="s:cret", registry="localhost:5000")))["auths"]
    assert base64.b64decode(auths["localhost:5000"]["auth"]) == b"me:s:cret"


def test_credentials_are_gone_afterwards_and_never_on_a_command_line(kept: dict[str, Any], tmp_path: Path) -> None:
    auth = {"username": "me", "password": "${{ params.word }}", "registry": "localhost:1"}
    result = DockerStage(**kept, command=["cat", "/proc/1/cmdline"], auth=auth).execute({"word": "s3cret-word"})
    assert result.status is SUCCESS
    assert "s3cret-word" not in repr(result)
