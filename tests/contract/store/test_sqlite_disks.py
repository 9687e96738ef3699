"""A full disk, a read-only one and a network file system, for real where this user may mount, else named as not run."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stageline.engine.messages import Signal
from stageline.engine.ports import Store
from stageline.errors import StoreError
from stageline.store.mounts import refuse_network
from stageline.store.sqlite import SqliteWorkflowStore
from tests.contract.store.world import LATER, NOW, a_run, joined, messages, started
from tests.not_run import not_run

NOBODY = 65534


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    done = _run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place))
    if done.returncode:
        not_run(f"mounting a file system needs root: {done.stderr.strip()}")
    yield place
    assert _run("umount", str(place)).returncode == 0


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, check=False, capture_output=True, text=True)


def push_until_it_fails(store: Store) -> tuple[int, StoreError]:
    for pushed in range(1000):
        try:
            store.push("run", Signal("a", {"text": "x" * 20_000}), NOW)
        except StoreError as error:
            return pushed, error
    raise AssertionError("twenty megabytes were written to one")


def test_a_full_disk_is_told_and_work_goes_on_when_there_is_space(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 600_000)
    store = SqliteWorkflowStore(f"sqlite:///{small_disk}/runs.db")
    me = joined(store)
    started(store)
    pushed, error = push_until_it_fails(store)
    assert "the disk is full; free some space" in str(error)
    ballast.unlink()
    assert store.beat(me.id, NOW, LATER) == 0
    store.claim(me.id, NOW, 1)
    assert len(messages(store, me)) == 1 + pushed
    store.push("run", Signal("a", {"text": "x" * 20_000}), NOW)
    assert len(messages(store, me)) == 2 + pushed
    store.close()


def test_a_store_on_a_full_disk_is_told_when_it_is_opened(small_disk: Path) -> None:
    url, ballast = f"sqlite:///{small_disk}/runs.db", small_disk / "ballast"
    store = SqliteWorkflowStore(url)
    store.store(a_run("kept"))
    store.close()
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(b"x" * 2_000_000)
    with pytest.raises(StoreError, match=r"the disk is full.*free some space"):
        SqliteWorkflowStore(url).retrieve("kept")
    ballast.unlink()
    store = SqliteWorkflowStore(url)
    assert store.retrieve("kept").id == "kept"
    store.close()


def test_a_read_only_disk_is_told(small_disk: Path) -> None:
    url = f"sqlite:///{small_disk}/runs.db"
    store = SqliteWorkflowStore(url)
    store.store(a_run("kept"))
    store.close()
    assert _run("mount", "-o", "remount,ro", str(small_disk)).returncode == 0
    with pytest.raises(StoreError, match=r"cannot be opened for writing .*Read-only"):
        SqliteWorkflowStore(url)
    assert _run("mount", "-o", "remount,rw", str(small_disk)).returncode == 0
    store = SqliteWorkflowStore(url)
    assert store.retrieve("kept").id == "kept"
    store.close()


@pytest.fixture
def ordinary(tmp_path: Path) -> Iterator[Path]:
    """A folder of a user who may not write what is read-only, and being that user, which root is not."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    with TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_a_read_only_file_is_told(ordinary: Path) -> None:
    (ordinary / "runs.db").touch(0o400)
    with pytest.raises(StoreError, match="cannot be opened for writing"):
        SqliteWorkflowStore(f"sqlite:///{ordinary}/runs.db")


def test_a_network_file_system_is_refused_with_the_remedy(tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"27 1 254:0 / / rw - ext4 /dev/vda rw\n40 27 0:99 / {share} rw - nfs4 server:/export rw\n")
    (tmp_path / "link.db").symlink_to(share / "runs.db")
    refuse_network(tmp_path / "runs.db", mounts)
    for path in (share / "runs.db", tmp_path / "link.db"):
        with pytest.raises(StoreError, match=rf"network file system \(nfs4 at {share}\).*local disk, or PostgreSQL"):
            refuse_network(path, mounts)


def test_a_machine_that_does_not_tell_its_mounts_is_trusted(tmp_path: Path) -> None:
    refuse_network(tmp_path / "runs.db", tmp_path / "no such file")
