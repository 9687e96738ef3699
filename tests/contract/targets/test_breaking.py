"""What becomes of work and of files when the connection breaks, the disk is full, or nobody answers."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.errors import Canceled, ConfigError, TargetLost
from stageline.targets.cancellation import Cancellation
from stageline.targets.local import LocalTarget
from stageline.targets.ssh import SshTarget
from stageline.targets.ssh_connection import control_folder
from stageline.targets.target import Stand, Target
from tests.contract.targets.working import end_of, lives, script, until
from tests.not_run import not_run

BIG = 300_000_000


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file that takes a while, and a small one."""
    root = tmp_path_factory.mktemp("big")
    (root / "d").mkdir()
    block = os.urandom(1_000_000)
    with (root / "d/big").open("wb") as file:
        for _ in range(BIG // len(block)):
            file.write(block)
    (root / "d/small").write_text("small")
    return root


def halfway(target: SshTarget) -> bool:
    """Whether something of the big file has come, and not all."""
    found = list(Path(target.base).glob(".incoming-*/d/**/.big.*"))
    return any(10_000_000 < path.stat().st_size < BIG for path in found if path.exists())


def is_whole(target: SshTarget, root: Path) -> bool:
    return subprocess.run(["cmp", Path(target.base) / "d/big", root / "d/big"], check=False).returncode == 0


def test_a_transfer_that_breaks_goes_on_and_nothing_half_sent_is_seen(remote: SshTarget, big: Path) -> None:
    seen: list[bool] = []

    def cut() -> None:
        until(lambda: halfway(remote))
        remote.close()
        until(lambda: list(Path(remote.base).glob(".incoming-*/d/.stageline-partial/big")))
        seen.append((Path(remote.base) / "d").exists())

    thread = threading.Thread(target=cut)
    assert remote.base
    thread.start()
    assert remote.put(big, ["d"]) == ("d",)
    thread.join()
    assert seen == [False]
    assert is_whole(remote, big)
    assert not list(Path(remote.base).rglob(".stageline-partial"))
    assert not list(Path(remote.base).glob(".incoming-*"))


def test_a_transfer_that_is_not_wanted_any_more_ends_and_is_gone_on_with_later(remote: SshTarget, big: Path) -> None:
    cancellation = Cancellation()

    def give_up() -> None:
        until(lambda: halfway(remote))
        cancellation.cancel("enough")

    watch = threading.Thread(target=give_up)
    assert remote.base
    watch.start()
    with pytest.raises(Canceled, match="enough"):
        remote.put(big, ["d"], cancellation)
    watch.join()
    assert not (Path(remote.base) / "d").exists()
    until(lambda: list(Path(remote.base).glob(".incoming-*/d/.stageline-partial/big")))
    assert remote.put(big, ["d"]) == ("d",)
    assert is_whole(remote, big)


def test_looking_loses_the_connection_and_the_work_does_not(remote: SshTarget, tmp_path: Path) -> None:
    remote.start([script(f"until [ -e '{tmp_path}/go' ]; do sleep 0.05; done; exit 4")])
    until(lambda: remote.look(["t1"])["t1"].stand is Stand.RUNNING)
    threading.Timer(0.3, remote.close).start()
    with pytest.raises(TargetLost, match="the connection to two is lost"):
        remote.look(["t1"], patience=20)
    assert remote.look(["t1"])["t1"].stand is Stand.RUNNING
    (tmp_path / "go").touch()
    assert end_of(remote).code == 4


def test_another_process_finds_what_was_started(remote: SshTarget, ssh_config: Path, tmp_path: Path) -> None:
    remote.start([script("sleep 0.2; exit 6")])
    again = SshTarget("again", "two", str(tmp_path / "remote"), ("-F", str(ssh_config)))
    assert end_of(again).code == 6


def test_many_calls_at_once_share_one_connection(remote: SshTarget) -> None:
    said: list[bytes] = []
    threads = [threading.Thread(target=lambda: said.append(remote.call(("id", "-u")).out)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [f"{os.getuid()}\n".encode()] * 30


def masters(config: Path, host: str) -> list[int]:
    """The processes that hold a shared connection to a host."""
    found = subprocess.run(
        ["pgrep", "-f", f"ControlMaster=yes.*{config}.* {host}$"], stdout=subprocess.PIPE, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


@pytest.mark.parametrize("cut", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_a_connection_that_is_gone_is_opened_again(remote: SshTarget, ssh_config: Path, cut: signal.Signals) -> None:
    remote.call(("true",))
    (before,) = masters(ssh_config, "two")
    os.kill(before, cut)
    until(lambda: not lives(before))
    answer = remote.call(("bash", "-c", "echo no >&2"))
    assert answer.err == "no\n"
    (after,) = masters(ssh_config, "two")
    assert after != before


def test_who_shares_no_connections_has_one_for_each_call(ssh_config: Path, tmp_path: Path) -> None:
    target = SshTarget("bare", "bare", str(tmp_path / "remote"), ("-F", str(ssh_config), "-o", "ControlPath=none"))
    before = masters(ssh_config, "bare")
    assert target.call(("id", "-u")).out == f"{os.getuid()}\n".encode()
    target.close()
    assert masters(ssh_config, "bare") == before


def test_nothing_is_left_of_waiting_for_each_other(remote: SshTarget, tmp_path: Path) -> None:
    (tmp_path / "small").write_text("small")
    before = set(control_folder().iterdir())
    assert remote.put(tmp_path, ["small"]) == ("small",)
    left = set(control_folder().iterdir()) - before
    assert [path for path in left if not path.is_socket()] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two million bytes."""
    if os.geteuid() != 0:
        not_run("only root can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2000k", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture(params=["local", "ssh"])
def cramped(request: pytest.FixtureRequest, small_disk: Path) -> Target:
    """A target whose disk is small."""
    if request.param == "local":
        return LocalTarget(small_disk / "base")
    return SshTarget("two", "two", str(small_disk / "base"), ("-F", str(request.getfixturevalue("ssh_config"))))


def test_a_full_disk_is_named_and_what_did_not_fit_is_not_there(cramped: Target, big: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No space left on device"):
        cramped.put(big, ["d"])
    assert not (Path(cramped.base) / "d").exists()
    (tmp_path / "small").write_text("small")
    assert cramped.put(tmp_path, ["small"]) == ("small",)


def test_work_that_fills_the_disk_still_has_its_end_told(cramped: Target) -> None:
    cramped.start([script("dd if=/dev/zero of=fill bs=64k; dd if=/dev/zero of=rest bs=1; exit 3")])
    state = end_of(cramped)
    assert (state.stand, state.code) == (Stand.ENDED, 3)
    with pytest.raises(ConfigError, match="cannot be kept"):
        cramped.start([script("true", "t2")])
    cramped.remove(["run/t1"])
    cramped.start([script("exit 8", "t2")])
    assert end_of(cramped, "t2").code == 8


ALONE = ("-o", "ControlPath=none")  # the connection that others have would be used


def lost(address: str, ssh_config: Path, *options: str) -> str:
    target = SshTarget("far", address, "base", ("-F", str(ssh_config), *options))
    begun = time.monotonic()
    with pytest.raises(ConfigError) as raised:
        target.call(("true",))
    assert time.monotonic() - begun < 30
    return f"{type(raised.value).__name__}: {raised.value}"


def test_who_cannot_be_reached_is_named_with_the_reason(ssh_config: Path, tmp_path: Path) -> None:
    said = lost("127.0.0.1:1", ssh_config)
    assert said.startswith("TargetLost: target 'far'")
    assert "Connection refused" in said
    said = lost("no-such-host.invalid", ssh_config)
    assert said.startswith("ConfigError: target 'far'")
    assert "correct the target's address" in said
    said = lost("one", ssh_config, *ALONE, "-o", "PreferredAuthentications=none")
    assert "see that 'ssh one true' works" in said
    said = lost("one", ssh_config, *ALONE, "-o", "UserKnownHostsFile=/dev/null")
    assert "look at its key" in said
    said = lost("one", ssh_config, "-o", "NoSuchOption=1")
    assert "ssh_options" in said
    said = lost("one", tmp_path / "no such file")
    assert said.startswith("ConfigError: target 'far'")
    assert "ssh_options" in said


def test_a_base_below_the_home_folder_is_found(ssh_config: Path) -> None:
    for given, end in (("~/stageline x", "/home/stageline x"), ("stageline", "/home/stageline")):
        target = SshTarget("one", "one", given, ("-F", str(ssh_config)))
        assert target.base.endswith(end)
        assert Path(target.base).is_dir()
        subprocess.run(["rm", "-r", target.base], check=True)
