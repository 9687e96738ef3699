"""Errands on a target: begun once, followed, ended, left, and found again by whoever comes with the same token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stageline.model.failure import Cause
from stageline.model.resources import Resources
from stageline.schedulers.arrays import Arrays
from stageline.schedulers.direct import Direct
from stageline.schedulers.slurm import Slurm
from stageline.schedulers.target import TargetScheduler
from stageline.schedulers.way import Way
from stageline.targets.local import LocalTarget
from stageline.targets.target import Target
from tests.contract.schedulers.conftest import QUICK
from tests.contract.schedulers.errands import SMALL, Heard, len_of_cpus
from tests.contract.targets.working import lives, pids_in, until

Make = Callable[[], TargetScheduler]


@pytest.fixture(params=["direct", "arrays"])
def make(request: pytest.FixtureRequest, base: Path) -> Iterator[Make]:
    """Makes schedulers of one target, as its processes would."""
    if request.param == "arrays":
        request.getfixturevalue("slurm_nodes")
    made: list[TargetScheduler] = []

    def scheduler() -> TargetScheduler:
        target = LocalTarget(base, "here")
        way: Way = Direct(target) if request.param == "direct" else Arrays(Slurm(target, pace=QUICK))
        made.append(TargetScheduler(way))
        return made[-1]

    yield scheduler
    for each in made:
        each.close()


def test_what_one_has_left_another_goes_on_with(make: Make, heard: Heard, tmp_path: Path) -> None:
    text = f"echo x >>'{tmp_path}/log'; echo early; until [ -e '{tmp_path}/go' ]; do sleep 0.05; done; exit 3"
    first, second = make(), make()
    first.submit(heard.errand(text))
    until((tmp_path / "log").exists)
    assert first.let_go("t1")
    assert not first.let_go("t1")
    heard.said.clear()
    second.submit(heard.errand(text))
    until(lambda: heard.said)
    second.close()
    heard.said.clear()
    third = make()
    third.submit(heard.errand(text))
    (tmp_path / "go").touch()
    until(lambda: heard.ends, 60)
    state = heard.ends["t1"].state
    assert state is not None
    assert (state.code, bytes(heard.said), (tmp_path / "log").read_text()) == (3, b"early\n", "x\n")


def test_what_another_has_begun_can_be_ended_at_once(make: Make, heard: Heard, tmp_path: Path) -> None:
    text = f"echo $$ >>'{tmp_path}/pid'; sleep 1000"
    first, second = make(), make()
    first.submit(heard.errand(text))
    (pid,) = pids_in(tmp_path / "pid", 1)
    assert first.let_go("t1")
    second.submit(heard.errand(text))
    second.stop("t1", "enough")
    until(lambda: heard.ends, 60)
    assert heard.ends["t1"].stopped == "enough"
    assert not lives(pid)


def test_what_is_to_be_stopped_is_stopped_before_the_end(make: Make, heard: Heard, tmp_path: Path) -> None:
    first = make()
    first.submit(heard.errand(f"echo $$ >>'{tmp_path}/pid'; sleep 1000"))
    (pid,) = pids_in(tmp_path / "pid", 1)
    first.stop("t1", "enough")
    first.close()
    assert not lives(pid)
    assert heard.ends["t1"].stopped == "enough"


def test_what_was_stopped_before_it_began_never_begins(make: Make, heard: Heard, tmp_path: Path) -> None:
    scheduler = make()
    scheduler.submit(heard.errand(f"touch '{tmp_path}/begun'"))
    scheduler.stop("t1", "enough")
    scheduler.submit(heard.errand("true", "t2"))
    until(lambda: len(heard.ends) == 2, 60)
    assert heard.ends["t1"].stopped == "enough"
    assert not (tmp_path / "begun").exists()


def test_files_are_there_before_it_begins_and_much_is_heard_to_the_end(make: Make, heard: Heard, base: Path) -> None:
    scheduler = make()
    scheduler.submit(heard.errand("cat ../../sent/*; head -c 3000000 /dev/zero", files=2))
    until(lambda: heard.ends, 60)
    assert bytes(heard.said) == b"contentcontent" + bytes(3_000_000)
    assert (base / "sent/0").stat().st_mode & 0o077 == 0


def test_a_machine_does_no_more_at_a_time_than_it_has_room_for(heard: Heard, base: Path, tmp_path: Path) -> None:
    scheduler = TargetScheduler(Direct(LocalTarget(base)))
    whole = Resources(cpus=len_of_cpus())
    text = f"mkdir '{tmp_path}/alone' && sleep 0.1 && rmdir '{tmp_path}/alone'"
    for token in "abc":
        scheduler.submit(heard.errand(text, token, whole))
    scheduler.submit(heard.errand("true", "much", Resources(cpus=10_000)))
    until(lambda: len(heard.ends) == 4)
    scheduler.close()
    codes = {token: heard.ends[token].state for token in "abc"}
    assert all(state is not None and state.code == 0 for state in codes.values())
    failure = heard.ends["much"].failure
    assert failure is not None
    assert "asks for 10000 cpus" in failure.message


def test_work_whose_folder_was_removed_is_told_of(heard: Heard, base: Path, tmp_path: Path) -> None:
    scheduler = TargetScheduler(Direct(LocalTarget(base)))
    scheduler.submit(heard.errand(f"touch '{tmp_path}/begun'; sleep 2"))
    until((tmp_path / "begun").exists)
    for each in (base / "run").iterdir():
        each.rename(tmp_path / "away")
    until(lambda: heard.ends)
    scheduler.close()
    failure = heard.ends["t1"].failure
    assert failure is not None
    assert failure.cause is Cause.NODE


def test_errands_of_many_threads_are_all_answered(make: Make, heard: Heard) -> None:
    scheduler = make()
    threads = [
        threading.Thread(target=lambda n=n: scheduler.submit(heard.errand(f"exit {n}", f"t{n}"))) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(heard.ends) == 20, 90)
    ends = {token: ending.state for token, ending in heard.ends.items()}
    assert {token: state.code for token, state in ends.items() if state} == {f"t{n}": n for n in range(20)}


def test_where_nothing_can_be_written_it_fails_and_says_why(heard: Heard, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    target: Target = LocalTarget(tmp_path / "file" / "base")
    scheduler = TargetScheduler(Direct(target))
    scheduler.submit(heard.errand("true"))
    until(lambda: heard.ends)
    scheduler.close()
    failure = heard.ends["t1"].failure
    assert failure is not None
    assert failure.message.startswith("local: mkdir: cannot create directory")


def test_what_a_cluster_does_not_begin_is_told_once_with_the_reason(
    node: Target, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = TargetScheduler(Arrays(Slurm(node, pace=QUICK)))
    for token in ("t1", "t2"):
        scheduler.submit(heard.errand("true", token, Resources(mem=20 << 20, partition="down")))
    until(lambda: "does not begin" in caplog.text, 60)
    time.sleep(2)
    for token in ("t1", "t2"):
        scheduler.stop(token, "enough")
    scheduler.close()
    (line,) = [record.getMessage() for record in caplog.records if "does not begin" in record.getMessage()]
    assert line == "target 'local': the cluster does not begin 2 of the jobs: PartitionDown"


def test_a_queue_that_does_not_move_holds_up_nothing_of_another_kind(
    node: Target, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = TargetScheduler(Arrays(Slurm(node, pace=QUICK)))
    stuck = ["t1", "t2", "t3"]
    for token in stuck:
        scheduler.submit(heard.errand("true", token, Resources(mem=20 << 20, partition="down")))
    until(lambda: "does not begin" in caplog.text, 60)
    scheduler.submit(heard.errand("true", "t4", SMALL))
    until(lambda: "t4" in heard.ends, 40)
    for token in stuck:
        scheduler.stop(token, "enough")
    scheduler.close()
