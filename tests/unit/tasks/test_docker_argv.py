"""Argument lists for docker and podman."""

from __future__ import annotations

import pytest

from stageline.errors import DocumentError
from stageline.tasks.docker_argv import (
    DockerSettings,
    build_argv,
    exec_argv,
    other_argv,
    run_argv,
)


def run(**settings: object) -> list[str]:
    return run_argv(DockerSettings(image="img", **settings), "name", "key", [], "/id")  # type: ignore[arg-type]


def test_a_run_names_and_labels_its_container_and_removes_it() -> None:
    argv = ["run", "--name=name", "--label=stageline.key=key", "--cidfile=/id", "--rm", "img"]
    assert run() == argv
    assert run(command="echo $A")[-4:] == ["img", "sh", "-c", "echo $A"]
    assert run(command=["echo", "$A"])[-3:] == ["img", "echo", "$A"]


def test_options_are_written_in_one_word_each() -> None:
    argv = run(volumes=["/a:/b"], workdir="/w", user="1:2", network="none", memory="1g", cpus=1.5, ports=["80:80"])
    for option in ("--volume=/a:/b", "--workdir=/w", "--user=1:2", "--network=none", "--memory=1g", "--cpus=1.5"):
        assert option in argv
    assert "--publish=80:80" in argv


def test_a_container_stays_when_it_is_to_be_looked_at_afterwards() -> None:
    assert "--rm" not in run(memory="1g")
    assert "--rm" not in run(remove=False)
    assert "--rm" not in run(detach=True)
    assert "--detach" in run(detach=True)


def test_other_actions() -> None:
    settings = DockerSettings(container="c", command="x", user="u", tail=5, grace=3)
    assert exec_argv(settings, ["--env=A"]) == ["exec", "--user=u", "--env=A", "c", "sh", "-c", "x"]
    other = {"logs": ["logs", "--tail=5", "c"], "stop": ["stop", "--time=3", "c"], "rm": ["rm", "--force", "c"]}
    for action, argv in other.items():
        assert other_argv(DockerSettings(action=action, container="c", tail=5, grace=3), "docker") == argv  # type: ignore[arg-type]
    build = DockerSettings(path="ctx", tag="t", dockerfile="D", build_args={"A": 1})
    assert build_argv(build, "/id") == ["build", "--iidfile=/id", "--tag=t", "--file=D", "--build-arg=A", "ctx"]


@pytest.mark.parametrize("word", ["", "-v/:/host"])
def test_what_is_missing_or_looks_like_an_option_is_refused(word: str) -> None:
    with pytest.raises(DocumentError, match="image"):
        run_argv(DockerSettings(image=word), "n", "k", [], "/id")
    with pytest.raises(DocumentError, match="container"):
        other_argv(DockerSettings(action="rm", container=word), "docker")
