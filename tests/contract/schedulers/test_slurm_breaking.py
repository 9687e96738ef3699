"""What a cluster does to work, and others to it, each time told for what it was, with accounting and without."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from stageline.model.asking_again import next_resources
from stageline.model.failure import Cause, Failure
from stageline.model.resources import Resources
from stageline.schedulers.slurm import Slurm
from stageline.schedulers.slurm_state import Element, Phase
from stageline.schedulers.slurm_submit import Submission
from stageline.schedulers.slurm_watch import Pace
from stageline.targets.target import Target
from tests.contract.schedulers.conftest import QUICK
from tests.contract.schedulers.programs import Programs
from tests.contract.targets.working import script, until
from tests.engines.control import Engines

SMALL = Resources(cpus=1, mem=50 << 20, time=600)
HOG = 'python3 -c "import time; x = bytes([1]) * (200 << 20); time.sleep(1)"'


def failure_of(element: Element) -> Failure:
    assert element.phase is Phase.FAILED
    assert element.failure is not None
    return element.failure


@pytest.fixture(params=[True, False], ids=["accounting", "no-accounting"])
def told(request: pytest.FixtureRequest, node: Target) -> Slurm:
    return Slurm(node, accounting=request.param, pace=QUICK)


def state_of(node: str) -> str:
    argv = ["sinfo", "-h", "-n", node, "-p", "main", "-o", "%T"]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def running(slurm: Slurm, submission: Submission) -> None:
    until(lambda: all(one.phase is Phase.RUNNING for one in slurm.look(submission).values()), 60)


def test_what_somebody_else_cancels_is_told_so_and_the_rest_goes_on(told: Slurm, tmp_path: Path) -> None:
    text = f"until [ -e '{tmp_path}/go' ]; do sleep 0.1; done"
    submission = told.submit("third", [script(text, token) for token in "ab"], SMALL)
    running(told, submission)
    subprocess.run(["scancel", f"{submission.arrays[0].job}_1"], check=True)
    until(lambda: told.look(submission)["b"].phase.is_over, 60)
    failure = failure_of(told.look(submission)["b"])
    assert failure.cause is Cause.CANCELED
    assert told.look(submission)["a"].phase is Phase.RUNNING
    (tmp_path / "go").touch()
    assert told.wait(submission, 60)["a"].phase is Phase.SUCCEEDED


def test_too_little_memory_is_told_and_twice_as_much_helps(told: Slurm) -> None:
    asked = Resources(mem=150 << 20)
    failure = failure_of(told.wait(told.submit("mem", [script(HOG)], asked), 90)["t1"])
    assert failure.cause is Cause.OUT_OF_MEMORY
    more = next_resources(failure, asked)
    assert told.wait(told.submit("mem2", [script(HOG, "t2")], more), 90)["t2"].phase is Phase.SUCCEEDED


def test_the_loss_of_a_node_is_told_and_names_it(told: Slurm, slurm_nodes: list[str]) -> None:
    lost = slurm_nodes[-1]
    there = Resources(mem=50 << 20, sbatch_opts=(f"--nodelist={lost}",))
    submission = told.submit("node", [script("sleep 300")], there)
    running(told, submission)
    subprocess.run(["scontrol", "update", f"nodename={lost}", "state=down", "reason=test"], check=True)
    try:
        element = told.wait(submission, 60)["t1"]
    finally:
        subprocess.run(["scontrol", "update", f"nodename={lost}", "state=resume"], check=False, capture_output=True)
    failure = failure_of(element)
    assert failure.cause is Cause.NODE
    assert lost in failure.message
    assert f"--exclude={lost}" in (next_resources(failure, Resources(), element.node).sbatch_opts or ())
    until(lambda: "down" not in state_of(lost), 60)


@pytest.mark.timeout(300)
def test_too_little_time_is_told_with_accounting_and_without(node: Target) -> None:
    both = [Slurm(node, accounting=accounting, pace=QUICK) for accounting in (True, False)]
    orders = [script("sleep 300", "a"), script("trap 'exit 0' TERM; while :; do sleep 0.2; done", "b")]
    submission = both[0].submit("time", orders, Resources(mem=50 << 20, time=60))
    for slurm in both:
        elements = slurm.wait(submission, 240)
        assert [failure_of(elements[token]).cause for token in "ab"] == [Cause.TIMEOUT] * 2


@pytest.mark.timeout(300)
def test_a_controller_that_restarts_loses_nothing(node: Target, engines: Engines, tmp_path: Path) -> None:
    slurm = Slurm(node, pace=QUICK)
    text = f"until [ -e '{tmp_path}/go' ]; do sleep 0.1; done"
    submission = slurm.submit("restart", [script(text, token) for token in "ab"], SMALL)
    running(slurm, submission)
    note = Path(os.environ["SLURM_CONF"]).parent.parent / "pids/slurmctld"
    pid = int(note.read_text().split()[0])
    os.kill(pid, signal.SIGTERM)
    until(lambda: not Path(f"/proc/{pid}").exists(), 30)
    until(lambda: slurm.look(submission) and slurm.trouble, 60)
    assert all(one.phase is Phase.RUNNING for one in slurm.look(submission).values())
    later: list[Submission] = []
    meanwhile = threading.Thread(target=lambda: later.append(slurm.submit("meanwhile", [script("true", "c")], SMALL)))
    meanwhile.start()
    time.sleep(1)
    engines.up("slurm")
    (tmp_path / "go").touch()
    meanwhile.join()
    assert all(one.phase is Phase.SUCCEEDED for one in slurm.wait(submission, 120).values())
    assert slurm.wait(later[0], 60)["c"].phase is Phase.SUCCEEDED
    assert slurm.trouble == ""


@pytest.mark.parametrize(
    "said", ["Slurm accounting storage is disabled", "sacct: error: Connection refused", "missing"]
)
def test_accounting_that_does_not_answer_holds_nothing_up(programs: Programs, node: Target, said: str) -> None:
    programs.write("sacct", before="exit 127" if said == "missing" else f"echo '{said}' >&2; exit 1")
    slurm = Slurm(node, accounting=True, pace=Pace(0.3, 1.0, patience=3.0))
    submission = slurm.submit("acct", [script("kill -9 $PPID; sleep 1")], SMALL)
    failure = failure_of(slurm.wait(submission, 60)["t1"])
    assert (failure.cause, failure.name) == (Cause.SIGNAL, "KILL")
    assert programs.calls("sacct") >= 1
