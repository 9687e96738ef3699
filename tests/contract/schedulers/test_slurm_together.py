"""Processes of one user that have work on the same cluster ask it together, whichever folders they work in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stageline.model.resources import Resources
from stageline.schedulers.slurm import Slurm
from stageline.schedulers.slurm_argv import name_of
from stageline.schedulers.slurm_calls import SlurmCalls
from stageline.schedulers.slurm_state import Phase
from stageline.targets.local import LocalTarget
from stageline.targets.target import Order, Target
from tests.contract.schedulers.conftest import QUICK
from tests.contract.schedulers.programs import Programs
from tests.contract.targets.working import pids_in, script, until
from tests.not_run import not_run

ONLOOKER = Path(__file__).with_name("onlooker.py")
Begin = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begins processes, each with a base folder of its own and a script on the cluster."""
    begun: list[tuple[subprocess.Popen[str], Path]] = []

    def one(text: str) -> subprocess.Popen[str]:
        base = tmp_path / f"base {len(begun)}"
        argv = [sys.executable, str(ONLOOKER), str(base), text]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=os.environ)
        begun.append((process, base))
        assert process.stdout is not None
        assert process.stdout.readline() == "submitted\n"
        return process

    yield one
    for process, base in begun:
        process.kill()
        process.communicate()
        subprocess.run(["scancel", f"--name={name_of('seen.0', str(base))}"], check=True)


def said_at_last(process: subprocess.Popen[str]) -> list[str]:
    return process.communicate(timeout=120)[0].split()


def test_the_number_of_questions_is_that_of_one(begin: Begin, programs: Programs, tmp_path: Path) -> None:
    text = f"until [ -e '{tmp_path}/go' ]; do sleep 0.1; done; date +%s.%N >>'{tmp_path}/ended'"
    processes = [begin(text) for _ in range(5)]
    until(lambda: programs.calls("squeue") >= 1)
    before, began = programs.calls("squeue"), time.monotonic()
    time.sleep(12)
    (tmp_path / "go").touch()
    said = [said_at_last(process) for process in processes]
    took = time.monotonic() - began
    assert {one[0] for one in said} == {"succeeded"}
    asked = programs.calls("squeue") - before
    assert 4 <= asked <= took, (asked, took)
    ended = [float(line) for line in (tmp_path / "ended").read_text().split()]
    assert max(float(one[1]) for one in said) - max(ended) < 12  # half of what has passed, and a second


def test_who_is_killed_while_he_asks_stops_nobody(node: Target, programs: Programs, tmp_path: Path) -> None:
    asker = f'read -r _ _ _ agent _ <"/proc/$PPID/stat"; echo "$agent" >\'{tmp_path}/asks\''
    programs.write("squeue", before=f"{asker}; sleep 100")
    argv = [sys.executable, str(ONLOOKER), str(tmp_path / "other"), "true"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, start_new_session=True)
    (agent,) = pids_in(tmp_path / "asks", 1)
    for pid in (process.pid, agent):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    programs.write("squeue")
    began = time.monotonic()
    SlurmCalls(node).queue()
    assert time.monotonic() - began < 5


def test_an_answer_is_as_young_as_it_has_to_be(node: Target, programs: Programs, tmp_path: Path) -> None:
    calls, others = SlurmCalls(node), SlurmCalls(LocalTarget(tmp_path / "other"))
    calls.queue()
    assert programs.calls("squeue") == 1
    assert 0.0 <= others.queue(age=60.0).ago < 60.0
    assert programs.calls("squeue") == 1
    time.sleep(0.3)
    assert others.queue(age=0.2).ago == 0.0
    assert programs.calls("squeue") == 2
    slurm = Slurm(LocalTarget(tmp_path / "third"), pace=QUICK)
    submission = slurm.submit("new", [script("sleep 30")], Resources(mem=20 << 20))
    assert slurm.look(submission)["t1"].phase in (Phase.PENDING, Phase.RUNNING)
    assert (submission.arrays[0].job, 0) in others.queue(age=0.0).seen
    slurm.cancel(submission)


def test_what_goes_wrong_is_told_to_all_too(node: Target, programs: Programs, tmp_path: Path) -> None:
    said = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"
    programs.write("squeue", before=f"echo '{said}' >&2; exit 1")
    for calls in (SlurmCalls(node), SlurmCalls(LocalTarget(tmp_path / "other"))):
        with pytest.raises(Exception, match="Unable to contact slurm controller"):
            calls.queue(age=60.0)
    assert programs.calls("squeue") == 1


def test_accounting_is_asked_for_all_that_want_it(node: Target, programs: Programs) -> None:
    calls = SlurmCalls(node)
    jobs = [_ended(node, token) for token in "abc"]
    found: dict[str, object] = {}

    def ask(job: str) -> None:
        found[job] = calls.accounts([job], age=3.0)[job, 0]

    threads = [threading.Thread(target=ask, args=(job,)) for job in jobs]
    before = programs.calls("sacct")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(jobs)
    assert programs.calls("sacct") - before <= 2


def _ended(node: Target, token: str) -> str:
    slurm = Slurm(node, pace=QUICK)
    order = Order(token=token, argv=("true",))
    submission = slurm.submit(f"acc-{token}", [order], Resources(mem=20 << 20))
    slurm.wait(submission, 60)
    return submission.arrays[0].job


@pytest.mark.parametrize("broken", ["no home", "a file", "not ours"])
def test_where_nothing_can_be_kept_each_asks_for_himself(
    node: Target, programs: Programs, own_home: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    if broken == "no home":
        monkeypatch.delenv("HOME")
    elif broken == "a file":
        (own_home / ".cache").touch()
    else:
        own_home.chmod(0o500)
        monkeypatch.setenv("HOME", "/proc/1/nothing")
    calls = SlurmCalls(node)
    assert calls.queue(age=60.0).ago == 0.0
    assert calls.queue(age=60.0).ago == 0.0
    assert programs.calls("squeue") == 2


@pytest.fixture
def small_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home on a disk with little room."""
    if os.geteuid() != 0:
        not_run("only root can mount a small disk")
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k,nr_inodes=30", "tmpfs", place], check=True)
    monkeypatch.setenv("HOME", str(place))
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_keeps_nobody_from_asking(node: Target, programs: Programs, small_home: Path) -> None:
    calls = SlurmCalls(node)
    calls.queue()
    for number in range(1000):
        try:
            (small_home / str(number)).touch()
        except OSError:
            break
    began = time.monotonic()
    assert calls.queue().ago == 0.0
    assert time.monotonic() - began < 5
    assert programs.calls("squeue") == 2
