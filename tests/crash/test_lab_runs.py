"""A run of 200 jobs is killed again and again, anywhere: it comes to its end, and no job is done twice, or by half."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.engine.ports import RunRow
from stageline.lab.build import BuildOptions, build
from stageline.lab.host_tools import HostTools
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.record import read_records
from stageline.model.status import Status
from stageline.store.opening import open_store

CHAINS = 60
DEATHS = 12
LAB = """
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

@stage(inputs={"worker__item": ""}, outputs={"square": "$out/square"})
def worker(inputs, outputs, params):
    return f'''n=$(jq .n < "{inputs.worker__item}"); echo $((n * n)) > "{outputs.square}"'''

@stage(inputs={"worker__outs": "[]"}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f'''jq -r '.[].square' < "{inputs.worker__outs}" | xargs -d '\\n' cat > "{outputs.all}"'''

squares = scatter_gather(pname="squares", scatter=scatter, worker=worker, gather=gather)

lab = Lab(version="1", runs=[
    Run("chains", chain, params={"n": list(range(CHAINS))}),
    Run("squares", squares, depends_on="chains"),
])
""".replace("CHAINS", str(CHAINS))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[BuiltLab]:
    """180 jobs in chains, and a scatter-gather of 20 scripts behind them."""
    (tmp_path / "lab.py").write_text(LAB)
    tools = HostTools(os.environ["PATH"], tmp_path / "scratch", tmp_path / "cache")
    machine = os.uname().machine
    options = BuildOptions(home=tmp_path / ".stageline", capture=tools.environment, machine=machine)
    build(tmp_path / "lab.py", tmp_path / "result", options)
    yield read_lab(tmp_path / "result")
    assert _left(tmp_path) == []


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


def check(folder: Path, lab: BuiltLab) -> None:
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


def test_a_run_that_is_killed_anywhere_goes_on_where_it_was(tmp_path: Path, lab: BuiltLab) -> None:
    dice = random.Random(4)
    known: dict[str, tuple[int, int]] = {}
    deaths = 0
    for _ in range(DEATHS):
        killed = ended(begin(tmp_path, dice.randint(20, 260)))
        deaths += killed != 0
        now = done(tmp_path)
        assert known.items() <= now.items(), "a job that was done was run again"
        known = now
        if not killed:
            break
    assert ended(begin(tmp_path, 0)) == 0
    assert known.items() <= done(tmp_path).items()
    assert len(done(tmp_path)) == 3 * CHAINS + 1 + 19
    check(tmp_path, lab)
    assert deaths > DEATHS // 2


def test_a_killed_run_can_be_resumed_as_the_run_that_it_was(tmp_path: Path, lab: BuiltLab) -> None:
    assert ended(begin(tmp_path, 300)) == -9
    (row,) = runs_in(tmp_path)
    known = done(tmp_path)
    argv = [sys.executable, "-m", "stageline", "--home", str(tmp_path / ".stageline"), "-q", "resume", row.id]
    subprocess.run(argv, check=True, timeout=100)
    (row,) = runs_in(tmp_path)
    assert row.record.status is Status.SUCCEEDED
    assert known.items() <= done(tmp_path).items()
    check(tmp_path, lab)


def test_of_two_runs_at_once_one_says_who_is_at_work(tmp_path: Path, lab: BuiltLab) -> None:
    first = begin(tmp_path, 0)
    until(lambda: len(done(tmp_path)) > 3)
    second = begin(tmp_path, 0)
    _, said = second.communicate(timeout=100)
    assert ended(first) == 0
    assert second.returncode == 1, said
    assert f"process {first.pid} on" in said
    check(tmp_path, lab)


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
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if f"STAGELINE_EXECUTION={folder}".encode() in text:
            left.append(path.parent.name)
    return left
