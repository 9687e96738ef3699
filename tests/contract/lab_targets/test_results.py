"""A Lab on every kind of target makes the same as here, and what is done is not done again anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from stageline.model.failure import Cause
from stageline.model.status import Status
from stageline.runtimes.sandbox import Runtime
from tests.contract.lab import own, swept
from tests.contract.lab.lab_runs import TWO_RUNS, Bench, statuses
from tests.contract.lab_targets.ways import Way, all_records, results
from tests.contract.runtimes.ready import ready
from tests.engines.control import Engines

pytestmark = pytest.mark.timeout(300)  # a cluster that others use lets jobs wait
LAB = (
    """
@stage(inputs={"config": "config.json"}, outputs={"data": "$out/data.csv"}, params={"slope": 1, "note": ""})
def producer(inputs, outputs, params):
    return f'''
    echo working on {params.slope}; echo and told >&2
    jq .a < "{inputs.config}" > "{outputs.data}"
    seq {params.slope} >> "{outputs.data}"
    printf '%s|' "${{params[note]}}" "$(ls "$out")" "$(env | cut -d= -f1 | sort | tr '\\n' ' ')" >> "{outputs.data}"
    '''

@stage(inputs={"data": "", "metadata__first": "", "store__base": ""}, outputs={"seen": "$out/seen", "dir": "$out/dir"})
def reader(inputs, outputs, params):
    return f'''
    mkdir -p "{outputs.dir}/deep/empty"
    sort "{inputs.data}" > "{outputs.dir}/deep/sorted"
    ln -s deep/sorted "{outputs.dir}/a link"
    wc -l < "{inputs.data}" > "{outputs.seen}"
    jq -r .name < "{inputs.metadata__first}" >> "{outputs.seen}"
    cat "{inputs.store__base}"/*-producer-*/out/data.csv | wc -l >> "{outputs.seen}"
    '''
"""
    + TWO_RUNS
)


def prepared(bench: Bench) -> Bench:
    bench.folder.mkdir(parents=True, exist_ok=True)
    (bench.folder / "config.json").write_text('{"a": 7}')
    bench.build(LAB)
    return bench


def test_a_lab_makes_the_same_there_as_here(way: Way, bench: Bench, host_tools: HostTools, tmp_path: Path) -> None:
    run = way.over(prepared(bench)).run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    native = prepared(Bench(tmp_path / "native", host_tools))
    native.run()
    assert results(bench.home) == results(native.home)
    assert all_records(bench.home) == all_records(native.home) == all_records(way.home)
    assert bench.run() is None
    assert list(way.home.glob("run/*")) == []


def test_packages_of_a_lock_and_of_the_author_are_there_too(ways: dict[str, Way], bench: Bench) -> None:
    own.experiment(bench.folder)
    bench.build(own.LAB)
    run = ways["ssh"].over(bench).run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert bench.text(bench.job("plain"), "said") == "experiment 1\n2\n"
    assert bench.text(bench.job("more"), "said") == "3 4\n"


GATHER_WITH_XARGS = """
@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f'''echo '[{{"n": 3}}]' > "{outputs.work__items}"'''

@stage(inputs={"worker__item": ""}, outputs={"result": "$out/result"})
def worker(inputs, outputs, params):
    return f'''cat "{inputs.worker__item}" > "{outputs.result}"'''

@stage(inputs={"worker__outs": "[]"}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f'''jq -r '.[].result' "{inputs.worker__outs}" | xargs cat > "{outputs.all}"'''

lab = Lab(version="1", runs=[Run("r", scatter_gather("sums", scatter=scatter, worker=worker, gather=gather))])
"""


def test_of_a_base_folder_with_blanks_it_is_said_that_a_gather_would_cut_its_paths(
    ways: dict[str, Way], bench: Bench
) -> None:
    bench.build(GATHER_WITH_XARGS)
    assert bench.asked().concerns == ()
    (concern,) = ways["here"].over(bench).asked().concerns
    assert concern.stage == "sums"
    assert f"the jobs are in {ways['here'].home}: write xargs" in concern.message


@pytest.mark.parametrize("runtime", [Runtime.BWRAP, Runtime.DOCKER, Runtime.PODMAN])
def test_runtimes_isolate_there_as_here(
    runtime: Runtime, ways: dict[str, Way], bench: Bench, host_tools: HostTools, tmp_path: Path, engines: Engines
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in ready(runtime, engines).items():
            patch.setenv(variable, value)
        prepared(bench)
        way = ways["slurm" if runtime is Runtime.BWRAP else "here"].over(bench)
        bench.runtime = runtime
        run = bench.run()
        assert run is not None
        assert run.status is Status.SUCCEEDED, run.failure
        native = prepared(Bench(tmp_path / "native", host_tools))
        native.runtime = runtime
        native.run()
    assert results(bench.home) == results(native.home)
    assert all_records(bench.home) == all_records(native.home) == all_records(way.home)


LIMITED = """
@stage(outputs={"x": "$out/x"}, resources={"time": "1s"})
def work(inputs, outputs, params):
    return f'echo begun; sleep 60; touch "{outputs.x}"'

lab = Lab(version="1", runs=[Run("r", work)])
"""


def test_a_job_that_is_over_its_time_is_ended_there_as_here(
    ways: dict[str, Way], bench: Bench, host_tools: HostTools, tmp_path: Path
) -> None:
    bench.build(LIMITED)
    there = ways["here"].over(bench).run()
    native = Bench(tmp_path / "native", host_tools)
    native.build(LIMITED)
    here = native.run()
    failures = [stage.record.failure for run in (there, here) if run for stage in run.stages]
    assert [failure.cause for failure in failures if failure] == [Cause.TIMEOUT] * 2
    assert failures[0] is not None
    assert failures[0].detail == "begun"
    (told, known) = (all_records(bench.home), all_records(native.home))
    assert [record.time_limit for record in (*told.values(), *known.values())] == [1, 1]


COUNTED = """
@stage(outputs={"data": "$out/data.csv"}, params={"n": 0, "times": ""})
def producer(inputs, outputs, params):
    return f'''
    echo p{params.n} >> "${{params[times]}}"
    seq {params.n} > "{outputs.data}"
    touch undeclared'''

@stage(inputs={"data": ""}, outputs={"total": "$out/total.txt"}, params={"times": ""})
def summer(inputs, outputs, params):
    return f'''
    echo s >> "${{params[times]}}"
    [[ ! -e "${{params[times]}}.broken" ]] || { echo oh no; exit 3; }
    wc -l < "{inputs.data}" > "{outputs.total}"'''

@pipeline
def chain():
    return summer(producer())

lab = Lab(version="1", runs=[Run("first", chain, params={"n": [1, 2], "times": [TIMES]})])
"""


def counted(bench: Bench) -> Path:
    """A Lab whose scripts add a line to a file each time they run; answers the file."""
    times = bench.folder.parent / "times"
    text = COUNTED.replace("TIMES", repr(str(times))).replace("|| {", "|| {{").replace("3; }", "3; }}")
    bench.build(text)
    return times


def test_what_is_done_anywhere_is_not_done_again_elsewhere(ways: dict[str, Way], bench: Bench) -> None:
    times = counted(bench)
    bench.run(bench.job("producer", n=1).id)
    assert len(times.read_text().split()) == 1
    ways["here"].over(bench).run(bench.job("producer", n=2).id)
    assert len(times.read_text().split()) == 2
    run = ways["ssh"].over(bench).run()
    assert statuses(run) == {"summer": "SUCCEEDED"}
    assert sorted(times.read_text().split()) == ["p1", "p2", "s", "s"]
    bench.way = {}
    assert bench.run() is None
    assert {bench.text(job, "total") for job in bench.plan.jobs.values() if job.stage == "summer"} == {"1\n", "2\n"}


def made(home: Path) -> set[str]:
    """What there is of results, without ids."""
    found = [path for path in home.glob("jobs/*/*") if path.name in ("out", "log")]
    files = [path for folder in found for path in (folder.rglob("*") if folder.is_dir() else [folder])]
    return {"-".join(str(path.relative_to(home / "jobs")).split("-")[1:]) for path in files}


@pytest.mark.parametrize("way", ["here", "ssh-slurm"], indirect=True)
def test_what_is_wanted_is_fetched_and_nothing_else(way: Way, bench: Bench) -> None:
    times = counted(bench)
    way.over(bench)
    bench.way["fetch"] = "none"
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert (made(bench.home), bench.records) == (set(), {})
    assert bench.run() is None
    bench.way["fetch"] = "declared"
    assert bench.run() is None
    outputs = {"producer-1.0/log", "producer-1.0/out/data.csv", "summer-1.0/log", "summer-1.0/out/total.txt"}
    assert made(bench.home) == outputs
    assert all_records(bench.home) == all_records(way.home)
    assert list(bench.home.glob("owed/*/*")) == []
    bench.way["fetch"] = "all"
    assert bench.run() is None
    assert made(bench.home) == {*outputs, "producer-1.0/out/undeclared"}
    (way.home / "jobs" / bench.job("producer", n=1).folder / "out/undeclared").unlink()
    assert bench.run() is None, "it was fetched again"
    assert made(bench.home) == {*outputs, "producer-1.0/out/undeclared"}
    assert bench.run(force=True) is not None
    assert made(bench.home) == {*outputs, "producer-1.0/out/undeclared"}
    assert len(times.read_text().split()) == 8


@pytest.mark.parametrize("way", ["ssh", "slurm"], indirect=True)
def test_a_failed_job_says_the_same_there_as_here(
    way: Way, bench: Bench, host_tools: HostTools, tmp_path: Path
) -> None:
    times = counted(bench)
    broken = Path(f"{times}.broken")
    broken.touch()
    run = way.over(bench).run(keep_going=True)
    assert statuses(run) == {"producer": "SUCCEEDED", "summer": "FAILED"}
    failed = next(stage for stage in run.stages if stage.status is Status.FAILED) if run else None
    assert failed is not None
    failure = failed.record.failure
    assert failure is not None
    assert failure.message.endswith("ended with exit code 3"), failure
    assert failure.detail == "oh no"
    assert Path(failure.log).read_text() == "oh no\n"
    assert all_records(bench.home) == all_records(way.home)
    broken.unlink()
    assert statuses(bench.run()) == {"summer": "SUCCEEDED"}
    assert len(times.read_text().split()) == 6


def test_files_of_a_sweep_are_there_too(ways: dict[str, Way], bench: Bench) -> None:
    way = ways["ssh"].over(bench)
    swept.built(bench)
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert swept.found(bench) == swept.FOUND
    assert list(way.home.glob("inputs/*/a.csv"))
