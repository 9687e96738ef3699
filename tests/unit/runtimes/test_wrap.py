"""What a command becomes in each runtime, and what is refused before anything is started."""

from __future__ import annotations

import msgspec
import pytest

from stageline.errors import DocumentError
from stageline.runtimes.container import container_name, remove_argv
from stageline.runtimes.sandbox import Mount, Owner, Runtime, Sandbox, Wrapped
from stageline.runtimes.wrap import wrap

SECRET = "s3cr3t"
CONTAINERS = [Runtime.DOCKER, Runtime.PODMAN]


def wrapped(runtime: Runtime, *outer: str, **more: object) -> Wrapped:
    usual = {"argv": ["prog", "word"], "uid": 7, "gid": 8, "key": "run/work", "image": "img", "cwd": "/out"}
    return wrap(runtime, msgspec.convert({**usual, **more}, Sandbox), outer)


def follows(argv: tuple[str, ...], *words: str) -> bool:
    """Whether these words stand side by side."""
    return any(argv[at : at + len(words)] == words for at in range(len(argv)))


@pytest.mark.parametrize("runtime", list(Runtime))
def test_the_command_comes_last_and_no_value_of_a_variable_is_among_the_words(runtime: Runtime) -> None:
    result = wrapped(runtime, env={"A": SECRET, "LD_PRELOAD": SECRET, "B": f"{SECRET}\n"})
    assert result.argv[-2:] == ("prog", "word")
    assert not [word for word in result.argv if SECRET in word]
    assert SECRET in f"{result.env}{result.stdin!r}"
    assert SECRET not in "".join(map(str, (result.container, result.key, result.cwd)))


def test_native_is_the_command_with_an_environment_of_its_own() -> None:
    result = wrapped(Runtime.NATIVE, env={"A": "b", "HOME": "/home/me"})
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    env = {"PATH": path, "HOME": "/home/me", "TMPDIR": "/tmp", "PWD": "/out", "A": "b"}
    assert result == Wrapped(
        runtime=Runtime.NATIVE, argv=("prog", "word"), env=env, cwd="/out", bare=True, key="run/work"
    )


def test_bwrap_is_fed_its_variables_and_stands_only_around_the_work() -> None:
    result = wrapped(Runtime.BWRAP, env={"A": "b c"})
    assert result.argv[:5] == ("sh", "-c", 'exec "$@" 3<&0 </dev/null', "sh", "bwrap")
    assert follows(result.argv, "--clearenv", "--args", "3")
    assert b"--setenv\0A\0b c\0" in result.stdin
    assert result.around
    assert not result.env


def test_bwrap_shares_the_network_only_when_asked() -> None:
    assert "--share-net" not in wrapped(Runtime.BWRAP).argv
    assert "--share-net" in wrapped(Runtime.BWRAP, network=True).argv


def test_bwrap_makes_read_only_at_the_end_what_mounts_need_to_be_made_in() -> None:
    argv = wrapped(Runtime.BWRAP, mounts=[{"source": "/data", "target": "/run/data"}], root="").argv
    assert argv.index("--remount-ro") > argv.index("/run/data")
    assert follows(argv, "--remount-ro", "/")
    assert not follows(wrapped(Runtime.BWRAP).argv, "--remount-ro", "/")
    assert follows(wrapped(Runtime.BWRAP, root="/srv/root").argv, "--ro-bind", "/srv/root", "/")


def test_a_mount_comes_after_the_one_that_it_is_in() -> None:
    mounts = [
        {"source": "/c", "target": "/a/b/c"},
        {"source": "/b", "target": "/a/b", "writable": True},
        {"source": "/dev/fuse"},
    ]
    argv = wrapped(Runtime.BWRAP, mounts=mounts).argv
    assert follows(argv, "--bind", "/b", "/a/b", "--ro-bind", "/c", "/a/b/c", "--dev-bind", "/dev/fuse", "/dev/fuse")
    options = [word for word in wrapped(Runtime.DOCKER, mounts=mounts).argv if word.startswith(("--mount", "--device"))]
    assert options == [
        "--mount=type=bind,source=/b,target=/a/b",
        "--mount=type=bind,source=/c,target=/a/b/c,readonly",
        "--device=/dev/fuse:/dev/fuse",
    ]


def test_a_path_with_signs_of_a_list_is_quoted() -> None:
    argv = wrapped(Runtime.PODMAN, mounts=[{"source": '/a,b"c', "target": "/n\nm"}]).argv
    assert '--mount=type=bind,"source=/a,b""c","target=/n\nm",readonly' in argv


@pytest.mark.parametrize("runtime", CONTAINERS)
def test_a_container_is_isolated_named_and_never_fetches_on_its_own(runtime: Runtime) -> None:
    result = wrapped(runtime, env={"A": "b"})
    needed = {"--rm", "--init", "--read-only", "--cap-drop=ALL", "--network=none", "--pull=never", "--workdir=/out"}
    assert needed | {"--env=A", "--env-file=/dev/stdin", "--entrypoint="} <= set(result.argv)
    assert result.argv[-3:] == ("img", "prog", "word")
    assert (result.container, result.key) == (container_name("run/work"), "run/work")
    assert f"--name={result.container}" in result.argv
    assert result.env == {"A": "b"}
    assert result.stdin == b"HOSTNAME=stageline\nHOME=/tmp\nTMPDIR=/tmp\nPWD=/out\n"
    more = wrapped(runtime, network=True, pull=True).argv
    assert {"--network=host", "--pull=missing"} <= set(more)


def test_a_variable_that_the_client_has_already_goes_another_way() -> None:
    result = wrapped(Runtime.DOCKER, "EDITOR", env={"EDITOR": "mine"})
    assert not result.env
    assert b"EDITOR=mine\n" in result.stdin


@pytest.mark.parametrize(
    ("runtime", "more", "user", "userns"),
    [
        (Runtime.DOCKER, {}, "7:8", False),
        (Runtime.DOCKER, {"owner": "root"}, "0:0", False),
        (Runtime.PODMAN, {}, "0:0", False),
        (Runtime.PODMAN, {"uid": 0, "gid": 0}, "0:0", False),
        (Runtime.PODMAN, {"owner": "user"}, "7:8", False),
        (Runtime.PODMAN, {"owner": "kept"}, "7:8", True),
    ],
)
def test_the_user_inside_is_one_whose_files_are_the_user_s(
    runtime: Runtime, more: dict[str, object], user: str, userns: bool
) -> None:
    argv = wrapped(runtime, **more).argv
    assert f"--user={user}" in argv
    assert ("--userns=keep-id" in argv) is userns


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"argv": []}, "no command"),
        ({"cwd": "out"}, "cwd is an absolute path"),
        ({"root": "root"}, "root is an absolute path"),
        ({"mounts": [{"source": "data"}]}, "source is an absolute path"),
        ({"mounts": [{"source": "/data", "target": "/a/../b"}]}, "target is an absolute path"),
        ({"mounts": [{"source": "/a"}, {"source": "/b", "target": "/a"}]}, "2 mounts have the same target: /a"),
        ({"env": {"A B": ""}}, "'A B' is no name"),
        ({"env": {"A=B": ""}}, "'A=B' is no name"),
        ({"env": {"A": "x\0y"}}, "null byte"),
        ({"argv": ["a\0b"]}, "null byte"),
    ],
)
@pytest.mark.parametrize("runtime", list(Runtime))
def test_what_makes_no_sense_is_refused_by_every_runtime(runtime: Runtime, more: dict[str, object], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        wrapped(runtime, **more)


@pytest.mark.parametrize("runtime", CONTAINERS)
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"image": ""}, "image is missing"),
        ({"image": "--privileged"}, "dash"),
        ({"key": ""}, "key is missing"),
        ({"env": {"LANG": "a\nb"}}, "LANG is a variable that the container engine reads itself"),
    ],
)
def test_what_a_container_cannot_be_is_refused(runtime: Runtime, more: dict[str, object], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        wrapped(runtime, **more)


def test_more_words_than_bwrap_takes_are_refused_with_what_to_do() -> None:
    with pytest.raises(DocumentError, match=r"bwrap takes 9000: put long lists into a file"):
        wrapped(Runtime.BWRAP, argv=["x"] * 9000)


def test_a_folder_of_several_lines_is_no_variable_of_a_container() -> None:
    assert b"PWD" not in wrapped(Runtime.DOCKER, cwd="/a\nb").stdin
    assert wrapped(Runtime.NATIVE, cwd="/a\nb").env["PWD"] == "/a\nb"


def test_a_container_is_named_by_its_work() -> None:
    assert container_name("run/a") == container_name("run/a") != container_name("run/b")
    assert container_name("ü/" * 200).isascii()


def test_removal_does_not_wait() -> None:
    assert remove_argv("docker", "c") == ["rm", "--force", "c"]
    assert remove_argv("podman", "c") == ["rm", "--force", "--time=0", "c"]


def test_the_values_of_this_room_are_frozen() -> None:
    assert Mount("/a").place == "/a"
    assert not Mount("/dev/shm/x").is_device
    with pytest.raises(AttributeError):
        Mount("/a").source = "/b"  # type: ignore[misc]
    assert [owner.value for owner in Owner] == ["user", "kept", "root"]
