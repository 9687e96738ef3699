"""A command means the same in all four runtimes: its words, its environment, its folder, and how its end is told."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from stageline.errors import ConfigError, DocumentError, MissingDependency
from stageline.runtimes.sandbox import HOSTNAME, Mount, Runtime
from stageline.runtimes.variables import PATH
from stageline.targets.tree import MARK
from tests.contract.runtimes.boxes import Box
from tests.proc import proc_files

SECRET = "s3cr3t-v4lue"
VALUES = {
    "BLANKS": "  a  b\t ",
    "QUOTES": "'\"`$(id)${HOME}\\",
    "SEVERAL": "one\n\ntwo\n",
    "UNICODE": "grün ☃ 日本",
    "EMPTY": "",
    "EQUALS": "a=b=c",
    "HASH": "#x",
    "EDITOR": "from inside",
    "LANG": "C.UTF-8",
    "LD_LIBRARY_PATH": "/nowhere",
    "DOCKER_HOST": "tcp://nowhere",
    "TERM": "dumb",
    "http_proxy": "http://proxy",
    "LONG": "x" * 100_000,
}


def environment(box: Box, **more: object) -> dict[str, str]:
    """The environment that a program finds inside, without a shell that would add its own."""
    ended = box.run("/bin/busybox", "env", "-0", **more)
    assert ended.code == 0, box.stderr
    raw = ended.stdout.read_bytes().removesuffix(b"\0").split(b"\0")
    return dict(entry.decode().split("=", 1) for entry in raw)


def necessary(box: Box) -> dict[str, str]:
    path = "/bin" if box.runtime in (Runtime.DOCKER, Runtime.PODMAN) else PATH
    usual = {"PATH": path, "HOME": "/tmp", "TMPDIR": "/tmp", "PWD": str(box.out)}
    if box.runtime is Runtime.NATIVE:
        return {**usual, MARK: str(box.log)}
    return {**usual, "HOSTNAME": HOSTNAME}


def test_without_variables_there_are_only_the_necessary_ones(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_OUTSIDE", "leaks")
    monkeypatch.setenv("HTTP_PROXY", "http://leaks")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("NOTIFY_SOCKET", str(box.folder / "leaks"))
    assert environment(box) == necessary(box)


def test_variables_are_exactly_as_given(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "from outside")
    assert environment(box, env=VALUES) == {**necessary(box), **VALUES}


def test_necessary_variables_can_be_given_too(box: Box) -> None:
    mine = {"PATH": "/bin:/usr/bin", "HOME": str(box.out), "TMPDIR": str(box.out), "HOSTNAME": "mine"}
    assert environment(box, env=mine) == {**necessary(box), **mine}


def test_words_arrive_as_they_are(box: Box) -> None:
    words = ["", " ", "a b", "'\"", "$HOME", "*", "-n", "--", "a\nb", "grün", "\\", "{{.}}"]
    ended = box.run("bash", "-c", 'printf "%s\\0" "$@"', "bash", *words)
    assert ended.stdout.read_bytes().decode().split("\0")[:-1] == words


def test_a_command_may_be_long(box: Box) -> None:
    words = ["x" * 120_000, *map(str, range(3000))]
    assert box.bash('echo "$# ${#1} ${!#}"', *words) == "3001 120000 2999\n"


def test_the_command_begins_in_its_folder(box: Box) -> None:
    assert box.bash("pwd -P") == f"{box.out}\n"
    assert box.bash("pwd -P", cwd=str(box.input)) == f"{box.input}\n"


def test_there_is_nothing_on_stdin(box: Box) -> None:
    assert box.bash("wc -c; readlink /proc/self/fd/0").split() == ["0", "/dev/null"]


def test_stdout_and_stderr_are_kept_apart(box: Box) -> None:
    ended = box.run("bash", "-c", "echo out; echo err >&2")
    assert (ended.stdout.read_text(), ended.stderr.read_text()) == ("out\n", "err\n")


@pytest.mark.parametrize("code", [0, 1, 3, 125, 127, 200])
def test_exit_codes_come_through(box: Box, code: int) -> None:
    ended = box.run("bash", "-c", f"echo 'it went wrong' >&2; exit {code}")
    assert (ended.code, ended.signal) == (code, "")


@pytest.mark.parametrize("name", ["SEGV", "KILL", "TERM"])
def test_death_by_signal_is_told_by_name(box: Box, name: str) -> None:
    assert box.run("bash", "-c", f"kill -{name} $$").signal == name


def test_values_of_variables_are_in_no_argument_list(box: Box) -> None:
    seen: list[str] = []
    begun = box.out / "begun"
    secret = {"PLAIN": SECRET, "SEVERAL": f"{SECRET}\n{SECRET}", "DOCKER_HOST": SECRET}

    def look() -> None:
        while not begun.exists():
            for file in proc_files("cmdline"):
                try:
                    seen.append(file.read_text(errors="replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    box.bash(f"sleep 0.3; touch begun; : {box.runtime}-marker", env=secret)
    watcher.join()
    assert any(f"{box.runtime}-marker" in line for line in seen), "it was seen"
    assert not [line for line in seen if SECRET in line]


def test_a_program_that_is_not_there_is_told(box: Box) -> None:
    if box.runtime in (Runtime.DOCKER, Runtime.PODMAN):
        assert box.run("no-such-program").code == 127
        assert "no-such-program" in box.stderr
    else:
        kind = MissingDependency if box.runtime is Runtime.NATIVE else ConfigError
        with pytest.raises(kind, match=r"no-such-program.*full path"):
            box.run("no-such-program")


def test_what_cannot_be_mounted_is_told(isolated: Box) -> None:
    with pytest.raises(ConfigError, match=r"/no/such/place.*what is to be mounted is not there"):
        isolated.run("true", mounts=(Mount("/no/such/place"),))


def test_an_image_that_is_not_there_is_told_and_not_fetched(contained: Box) -> None:
    begun = time.monotonic()
    with pytest.raises(ConfigError, match=r"no-such-image.*load the image first"):
        contained.run("true", image="localhost/no-such-image:1")
    assert time.monotonic() - begun < 20


def test_native_cannot_move_files(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be at /elsewhere"):
        Box(Runtime.NATIVE, "", tmp_path).run("true", mounts=(Mount("/etc", "/elsewhere"),))
