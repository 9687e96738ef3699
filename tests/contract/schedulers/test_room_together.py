"""Engines of one user that have work on the same host share its room, whichever folders they work in."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stageline.model.resources import Resources
from stageline.schedulers.admission import Amount
from stageline.schedulers.direct import Direct
from stageline.schedulers.target import TargetScheduler
from stageline.targets.local import LocalTarget
from stageline.targets.ssh import SshTarget
from stageline.targets.target import Target
from tests.contract.schedulers.errands import Heard, len_of_cpus
from tests.contract.targets.working import pids_in, until

ONE, WHOLE = Resources(cpus=1), Resources(cpus=len_of_cpus())
Engine = Callable[..., TargetScheduler]


@pytest.fixture(params=["local", "ssh"])
def engine(request: pytest.FixtureRequest, own_home: Path, tmp_path: Path) -> Iterator[Engine]:
    """Makes engines that know nothing of each other, each with a folder of its own on one machine."""
    made: list[TargetScheduler] = []

    def one(capacity: Amount | None = None) -> TargetScheduler:
        base = tmp_path / f"it's base {len(made)}"
        target: Target = LocalTarget(base)
        if request.param == "ssh":
            config = request.getfixturevalue("ssh_config")
            target = SshTarget("one", "one", str(base), ("-F", str(config)))
        made.append(TargetScheduler(Direct(target, capacity)))
        return made[-1]

    yield one
    for each in made:
        each.close()


def counting(folder: Path) -> str:
    """A script that notes how many of its kind run when it begins."""
    return f"cd '{folder}'; touch now.$$; ls now.* | wc -l >>many; sleep 0.4; rm now.$$"


def test_two_engines_do_not_do_more_than_the_machine_has(engine: Engine, heard: Heard, tmp_path: Path) -> None:
    engines = [engine(), engine()]
    count = 3 * len_of_cpus()
    for number in range(count):
        for name, each in zip("ab", engines, strict=True):
            each.submit(heard.errand(counting(tmp_path), f"{name}{number}", ONE))
    until(lambda: len(heard.ends) == 2 * count, 120)
    assert all(ending.state is not None and ending.state.code == 0 for ending in heard.ends.values())
    many = list(map(int, (tmp_path / "many").read_text().split()))
    assert len(many) == 2 * count
    assert max(many) == len_of_cpus()


@pytest.mark.parametrize("engine", ["local"], indirect=True)
def test_who_needs_all_of_it_gets_his_turn(engine: Engine, heard: Heard, tmp_path: Path) -> None:
    busy, large = engine(), engine()
    count = 40 * len_of_cpus()
    for number in range(count):  # each runs until the next one does, but not for long
        text = (
            f"cd '{tmp_path}'; touch {number}; for i in {{1..30}}; do [ ! -e {number + 1} ] || break; sleep 0.1; done"
        )
        busy.submit(heard.errand(text, f"s{number}", ONE))
    until((tmp_path / "1").exists)
    large.submit(heard.errand("true", "large", WHOLE))
    until(lambda: "large" in heard.ends, 60)
    assert len(heard.ends) < count


def test_what_was_killed_takes_no_room(engine: Engine, heard: Heard, tmp_path: Path) -> None:
    one, other = engine(), engine()
    one.submit(heard.errand(f"echo $$ $PPID >'{tmp_path}/pids'; sleep 1000", "a", WHOLE))
    pids = pids_in(tmp_path / "pids", 2)
    other.submit(heard.errand("true", "b", WHOLE))
    time.sleep(1.5)
    assert "b" not in heard.ends
    for pid in reversed(pids):
        os.kill(pid, signal.SIGKILL)
    until(lambda: "b" in heard.ends)


@pytest.mark.parametrize("engine", ["local"], indirect=True)
def test_an_engine_that_is_gone_holds_no_place_in_the_line(engine: Engine, heard: Heard, tmp_path: Path) -> None:
    busy, gone = engine(), engine()
    go = tmp_path / "go"
    for number in range(2 * len_of_cpus()):
        busy.submit(
            heard.errand(f"touch '{tmp_path}/begun'; until [ -e '{go}' ]; do sleep 0.1; done", f"s{number}", ONE)
        )
    until((tmp_path / "begun").exists)
    gone.submit(heard.errand("true", "large", WHOLE))
    time.sleep(6)
    gone.close()
    go.touch()
    until(lambda: len(heard.ends) == 2 * len_of_cpus(), 30)
    assert "large" not in heard.ends


def test_more_at_a_time_may_be_asked_for(engine: Engine, heard: Heard, tmp_path: Path) -> None:
    many = 3 * len_of_cpus()
    wide = engine(Amount(many, 1 << 40))
    text = f"touch '{tmp_path}'/now.$$; until [ $(ls '{tmp_path}'/now.* | wc -l) = {many} ]; do sleep 0.1; done"
    for number in range(many):
        wide.submit(heard.errand(text, f"t{number}", ONE))
    until(lambda: len(heard.ends) == many, 30)
