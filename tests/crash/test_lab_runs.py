"""A run of 200 jobs is killed again and again, anywhere: it comes to its end, and no job is done twice, or by half."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stageline.engine.ports import RunRow
from stageline.lab.build import BuildOptions, build
from stageline.lab.host_tools import HostTools
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.record import read_records
from stageline.model.status import Status
from stageline.store.opening import open_store
from tests.contract.lab.lab_runs import SQUARES
from tests.contract.runtimes.ready import bwrap_problem
from tests.not_run import not_run
from tests.proc import proc_files

CHAINS = 60
DEATHS = 12
LAB = (
    """
from stageline.lab import Lab, Run, pipeline, scatter_gather, stage

@stage(outputs={"data": "$out/data"}, params={"n": 0})
def first(inputs, outputs, params):
    return f'''
    echo half > "{outputs.data}"
    seq {params.n} > "{outputs.data}"
    '''

@stage(inputs={"data": ""}, outputs={"sum": "$out/sum"})
def second(inputs, outputs, params):
    return f'''awk '{{s += $1}} END {{print s + 0}}' "{inputs.data}" > "{outputs.sum}"'''

@stage(inputs={"sum": ""}, outputs={"twice": "$out/twice"})
def third(inputs, outputs, params):
    return f'''echo $((2 * $(cat "{inputs.sum}"))) > "{outputs.twice}"'''

@pipeline
def chain():
    return third(second(first()))

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f'''jq -n '[range(18) | {{n: .}}]' > "{outputs.work__items}"'''

"""
    + SQUARES
    + """
lab = Lab(version="1", runs=[
    Run("chains", chain, params={"n": list(range(CHAINS))}),
    Run("squares", squares, depends_on="chains"),
])
""".replace("CHAINS", str(CHAINS))
)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[BuiltLab]:
    """180 jobs in chains, and a scatter-gather of 20 scripts behind them."""
    yield built(tmp_path, LAB)
    assert _left(tmp_path) == []


def built(folder: Path, text: str) -> BuiltLab:
    folder.mkdir(exist_ok=True)
    (folder / "lab.py").write_text(text)
    tools = HostTools(os.environ["PATH"], folder / "scratch", folder / "cache")
    options = BuildOptions(home=folder / ".stageline", capture=tools.environment, machine=os.uname().machine)
    build(folder / "lab.py", folder / "result", options)
    return read_lab(folder / "result")


def begin(folder: Path, die_at: int, *more: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.crash.lab_jobs", str(folder), str(die_at), *(more or ("-q", "run"))]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> int:
    """Its exit code; it has failed in no other way than by being killed."""
    _, said = process.communicate(timeout=100)
    assert process.returncode in (0, -9), said
    return process.returncode


def done(folder: Path) -> dict[str, tuple[int, int]]:
    """The records that there are, and when each was written: one that is written again is another."""
    kept = {}
    for records in (folder / ".stageline/records", folder / ".stageline/branches/records"):
        for record in read_records(records).values():
            assert record.succeeded
            kept[record.job] = (record.started, record.ended)
    return kept


def check(lab: BuiltLab) -> None:
    """All is there, and right."""
    found = Counter(
        (job.stage, (Path(lab.out(job)) / path.partition("/")[2]).read_text().split()[-1:] == [])
        for job in lab.plan.jobs.values()
        for path in job.outputs.values()
    )
    assert found == {("first", False): CHAINS - 1, ("first", True): 1, ("second", False): CHAINS} | {
        ("third", False): CHAINS,
        ("squares", False): 1,
    }
    for job in lab.plan.jobs.values():
        if job.stage == "squares":
            squares = [str(n * n) for n in range(18)]
            assert (Path(lab.out(job)) / "all").read_text().split() == squares
    sums = {(Path(lab.out(job)) / "twice").read_text() for job in lab.plan.jobs.values() if job.stage == "third"}
    assert sums == {f"{n * (n + 1)}\n" for n in range(CHAINS)}


@pytest.mark.parametrize(
    ("seed", "soonest", "latest", "runtime"),
    [(4, 20, 260, "--native"), (5, 1, 120, "--native"), (6, 30, 400, "--native"), (7, 20, 260, "--bwrap")],
)
def test_a_run_that_is_killed_anywhere_goes_on_where_it_was(
    tmp_path: Path, lab: BuiltLab, seed: int, soonest: int, latest: int, runtime: str
) -> None:
    if runtime == "--bwrap" and (problem := bwrap_problem()):
        not_run(problem)
    dice = random.Random(seed)
    known: dict[str, tuple[int, int]] = {}
    deaths = 0
    for _ in range(DEATHS):
        killed = ended(begin(tmp_path, dice.randint(soonest, latest), "-q", "run", runtime))
        deaths += killed != 0
        now = done(tmp_path)
        assert known.items() <= now.items(), "a job that was done was run again"
        known = now
        if not killed:
            break
    assert ended(begin(tmp_path, 0, "-q", "run", runtime)) == 0
    assert known.items() <= done(tmp_path).items()
    assert len(done(tmp_path)) == 3 * CHAINS + 1 + 19
    check(lab)
    assert deaths > DEATHS // 2
    last, *dead = (row.record.status for row in runs_in(tmp_path))
    assert last is Status.SUCCEEDED
    assert set(dead) <= {Status.CANCELED, Status.SUCCEEDED}


def test_a_small_run_is_killed_at_each_fourth_thing_that_it_does(tmp_path: Path) -> None:
    lab = built(tmp_path / "lab", LAB.replace(f"range({CHAINS})", "range(2)").replace("range(18)", "range(2)"))
    assert ended(begin(tmp_path / "lab", 0)) == 0
    count = int((tmp_path / "lab" / "count").read_text())
    assert count > 50
    whole = texts(lab)
    with ThreadPoolExecutor(2) as pool:
        trials = list(pool.map(lambda at: killed_at(tmp_path, at), range(1, count, 4)))
    assert sum(killed for killed, _ in trials) > len(trials) - 5, "counts differ a little from run to run"
    assert all(found == whole for _, found in trials)


def killed_at(folder: Path, at: int) -> tuple[bool, dict[str, str]]:
    """A copy of the Lab, as it was before anything ran, of which a run is killed and another goes on."""
    copy = folder / str(at)
    shutil.copytree(folder / "lab", copy, symlinks=True)
    for name in ("records", "branches", "runs"):
        shutil.rmtree(copy / ".stageline" / name, ignore_errors=True)
    for file in (*copy.glob(".stageline/stageline.db*"), *copy.glob(".stageline/jobs/*/out/*")):
        file.unlink()
    killed = ended(begin(copy, at)) != 0
    known = done(copy)
    assert ended(begin(copy, 0)) == 0
    assert known.items() <= done(copy).items()
    assert _left(copy) == []
    return killed, texts(read_lab(copy / "result"))


def texts(lab: BuiltLab) -> dict[str, str]:
    """What all jobs have made."""
    return {
        f"{job.id}/{name}": (Path(lab.out(job)) / path.partition("/")[2]).read_text()
        for job in lab.plan.jobs.values()
        for name, path in job.outputs.items()
    }


def test_a_killed_run_can_be_resumed_as_the_run_that_it_was(tmp_path: Path, lab: BuiltLab) -> None:
    assert ended(begin(tmp_path, 300)) == -9
    (row,) = runs_in(tmp_path)
    known = done(tmp_path)
    argv = [sys.executable, "-m", "stageline", "--home", str(tmp_path / ".stageline"), "-q", "resume", row.id]
    subprocess.run(argv, check=True, timeout=100)
    (row,) = runs_in(tmp_path)
    assert row.record.status is Status.SUCCEEDED
    assert known.items() <= done(tmp_path).items()
    check(lab)


def test_of_two_runs_at_once_one_says_who_is_at_work(tmp_path: Path, lab: BuiltLab) -> None:
    first = begin(tmp_path, 0)
    until(lambda: len(done(tmp_path)) > 3)
    second = begin(tmp_path, 0)
    _, said = second.communicate(timeout=100)
    assert ended(first) == 0
    assert second.returncode == 1, said
    assert f"process {first.pid} on" in said
    check(lab)


def runs_in(folder: Path) -> list[RunRow]:
    store = open_store(f"sqlite:///{folder}/.stageline/stageline.db", files=folder / ".stageline")
    try:
        return store.list_runs()
    finally:
        store.close()


def until(true: object) -> None:
    assert callable(true)
    begun = time.monotonic()
    while not true():
        assert time.monotonic() < begun + 60
        time.sleep(0.01)


def _left(folder: Path) -> list[str]:
    """Processes that still work below a folder."""
    left = []
    for path in proc_files("environ"):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if f"STAGELINE_EXECUTION={folder}".encode() in text:
            left.append(path.parent.name)
    return left
