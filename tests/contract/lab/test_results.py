"""Labs as data: built and run for real, then looked at."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import stageline
from stageline.errors import ConfigError, DomainError, MissingDependency, UnknownName
from stageline.lab.host_tools import HostTools
from stageline.lab.pack import pack
from stageline.lab.results import LabResults
from stageline.model.status import Status
from tests.contract.lab.lab_runs import Bench

LAB = '''
@stage(outputs={"data_csv": "$out/data.csv", "facts": "$out/facts.json"}, params={"slope": 1, "seed": 42})
def producer(inputs, outputs, params):
    return f"""
    echo "x,y" > "{outputs.data_csv}"
    for x in 1 2 3; do echo "$x,$((x * {params.slope}))" >> "{outputs.data_csv}"; done
    echo '{{"slope": {params.slope}, "nothing": NaN}}' > "{outputs.facts}"
    if (({params.slope} == 9)); then exit 3; fi
    """

@stage(inputs={"table": ""}, outputs={"total": "$out/total.txt"}, params={"note": "plain"})
def summer(inputs, outputs, params):
    return f"""awk -F, '{{s += $2}} END {{print s}}' "{inputs.table}" > "{outputs.total}" """

@pipeline
def simulate():
    return summer(table=producer()["data_csv"])

@stage(inputs={"metadata__simulation": "", "store__base": ""}, outputs={"found": "$out/found"})
def report(inputs, outputs, params):
    return f"""printf '%s\\n' "{inputs.metadata__simulation}" "{inputs.store__base}" > "{outputs.found}" """

simulation = Run("simulation", simulate, params={"slope": [1, 2, 9]}, groups="paper")
lab = Lab(version="1.0", runs=[simulation, Run("report", report, after=simulation)])
'''


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, host_tools: HostTools) -> Bench:
    """A Lab of which one job has failed, and one could not be run for that."""
    bench = Bench(tmp_path_factory.mktemp("results") / "my lab", host_tools)
    bench.build(LAB)
    bench.run(keep_going=True)
    return bench


@pytest.fixture(scope="module")
def lab(bench: Bench) -> LabResults:
    return stageline.Lab.from_path(bench.folder / "result")


def test_the_sample_of_the_documents_works(bench: Bench) -> None:
    program = (
        "from stageline import Lab\nlab = Lab.from_path('./result')\nfor job in lab.jobs():\n    print(job.outputs)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=bench.folder, check=True, capture_output=True, text=True
    ).stdout
    assert len(said.splitlines()) == 7
    assert f"{bench.home}/jobs/" in said


def test_runs_and_jobs_are_there_in_order(lab: LabResults) -> None:
    assert [(run.name, len(run.jobs()), run.groups) for run in lab.runs()] == [
        ("simulation", 6, ("paper",)),
        ("report", 1, ()),
    ]
    assert lab.run("report").needs == {"simulation": "soft"}
    assert [job.stage for job in lab.jobs()] == ["producer"] * 3 + ["summer"] * 3 + ["report"]


def test_a_job_tells_how_it_ended(lab: LabResults) -> None:
    states = {(job.stage, job.effective_params.get("slope")): job.status for job in lab.jobs()}
    assert states["producer", 1] is Status.SUCCEEDED
    assert states["producer", 9] is Status.FAILED
    assert states["summer", 9] is Status.NOT_STARTED
    done, never = lab.filter(stage="summer", slope=1)[0], lab.filter(stage="summer", slope=9)[0]
    assert done.started is not None
    assert done.ended is not None
    assert datetime.now(UTC) - timedelta(hours=1) < done.started <= done.ended
    assert done.seconds == (done.ended - done.started).total_seconds()
    assert (never.started, never.ended, never.seconds, never.record) == (None, None, None, None)


def test_jobs_are_filtered_by_what_they_are_and_what_decided_them(lab: LabResults) -> None:
    def found(**asked: object) -> list[tuple[str, object]]:
        return [(job.stage, job.effective_params["slope"]) for job in lab.jobs().filter(**asked)]

    assert found(slope=2) == [("producer", 2), ("summer", 2)]
    assert found(slope__gt=1, name__contains="um") == [("summer", 2), ("summer", 9)]
    assert found(status="FAILED") == found(status=Status.FAILED) == [("producer", 9)]
    assert found(run="simulation", slope__in=[1, 2], note="plain") == [("summer", 1), ("summer", 2)]
    assert found(group="paper", stage="producer", seed__ge=42, slope__ne=1) == [("producer", 2), ("producer", 9)]
    assert len(lab.jobs().filter(stage="summer").filter(slope__lt=9)) == 2
    with pytest.raises(UnknownName, match="did you mean 'slope'"):
        lab.filter(slop=1)


def test_a_job_leads_to_those_before_and_behind_it(lab: LabResults) -> None:
    (job,) = lab.filter(stage="summer", slope=2)
    (before,) = job.upstream
    assert (before.stage, before.params) == ("producer", {"seed": 42, "slope": 2})
    assert list(before.downstream) == [job]
    assert job.params == {"note": "plain"}
    assert job.effective_params == {"note": "plain", "seed": 42, "slope": 2}
    assert lab.job(job.id[:10]) == job


def test_outputs_are_loaded(lab: LabResults) -> None:
    (job,) = lab.filter(stage="producer", slope=2)
    assert list(job.outputs) == ["data_csv", "facts"]
    assert job.path("data_csv") == job.outputs["data_csv"]
    assert job.load_csv("data_csv")["y"].sum() == 12
    assert len(job.load_csv("data_csv", header=None)) == 4
    assert job.load_json("facts")["slope"] == 2
    assert lab.filter(stage="summer", slope=2)[0].load_text() == "12\n"


def test_parquet_is_loaded(lab: LabResults, tmp_path: Path) -> None:
    (job,) = lab.filter(stage="producer", slope=1)
    table = job.load_csv("data_csv")
    copy = tmp_path / "copy"
    shutil.copytree(lab.jobs_folder.parent, copy, symlinks=True)
    table.to_parquet(copy / "jobs" / job.plan.folder / "out" / "data.csv")
    (other,) = LabResults.from_path(copy / "labs" / lab.id).filter(stage="producer", slope=1)
    assert other.load_parquet("data_csv").equals(table)


def test_what_is_not_there_is_told_with_the_next_step(lab: LabResults) -> None:
    (job,) = lab.filter(stage="producer", slope=1)
    (never,) = lab.filter(stage="summer", slope=9)
    with pytest.raises(UnknownName, match=r"has no output 'data'; did you mean 'data_csv'\?"):
        job.path("data")
    with pytest.raises(UnknownName, match="has 2 outputs: say which; it has data_csv, facts"):
        job.path()
    with pytest.raises(DomainError, match=r"was not run yet; stageline run --lab … [0-9a-f]{12} runs it"):
        never.load_text()
    with pytest.raises(UnknownName, match=r"the Lab has no run 'simulatin'; did you mean 'simulation'\?"):
        lab.run("simulatin")
    with pytest.raises(UnknownName, match="'zzz' is no run and no job of the Lab"):
        lab.job("zzz")
    (text,) = lab.filter(stage="report")
    with pytest.raises(ConfigError, match=r"found is no JSON"):
        text.load_json()


def test_a_beginning_that_several_jobs_share_names_them(lab: LabResults) -> None:
    firsts = [job.id[0] for job in lab.jobs()]
    twice = next((one for one in firsts if firsts.count(one) > 1), None)
    if twice is None:
        pytest.fail("choose another text for the experiment: no two of its ids begin alike")
    with pytest.raises(UnknownName, match=rf"'{twice}' is the beginning of {firsts.count(twice)} jobs: {twice}\w+-"):
        lab.job(twice)


def test_a_table_has_a_row_for_each_job(lab: LabResults) -> None:
    table = lab.to_dataframe()
    assert list(table.columns) == [
        *("job", "name", "stage", "run", "status", "started", "ended", "seconds"),
        *("seed", "slope", "note"),
    ]
    assert len(table) == 7
    assert table[table["stage"] == "summer"]["slope"].tolist() == [1, 2, 9]
    assert str(table["slope"].dtype) == "Int64"
    assert table["started"].isna().sum() == 1
    assert str(table["ended"].dt.tz) == "UTC"
    assert table.groupby("status").size().to_dict() == {"FAILED": 1, "NOT_STARTED": 1, "SUCCEEDED": 5}


def test_a_stage_that_analyses_a_run_sees_its_jobs(lab: LabResults) -> None:
    metadata, store = lab.filter(stage="report")[0].load_text().splitlines()
    run = stageline.Lab.from_run_metadata(metadata, store)
    assert [one.name for one in run.runs()] == ["simulation"]
    assert [job.load_text() for job in run.filter(stage="summer", status="SUCCEEDED")] == ["6\n", "12\n"]


def test_a_tar_is_read_with_its_results_beside_it(bench: Bench, tmp_path: Path) -> None:
    pack(bench.lab, tmp_path / "lab.tar")
    lab = LabResults.from_path(tmp_path / "lab.tar")
    assert lab.id == bench.lab.id
    assert {job.status for job in lab.jobs()} == {Status.NOT_STARTED}
    assert lab.jobs_folder == tmp_path / ".stageline" / "jobs"


def test_what_is_no_lab_and_what_is_damaged_is_refused_with_its_name(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"this is no Lab: it has no lab/lab-metadata\.json"):
        LabResults.from_path(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(bench.lab.root, copy, symlinks=True)
    manifest = next(path for path in (copy / "revision").iterdir() if b'"slope":' in path.read_bytes())
    manifest.write_bytes(manifest.read_bytes().replace(b"slope", b"slipe"))
    with pytest.raises(ConfigError, match=f"{manifest.name}: this file was changed after the build"):
        LabResults.from_path(copy)


def test_without_pandas_it_says_what_to_install(lab: LabResults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependency, match=r"pip install 'stageline\[data\]'"):
        lab.to_dataframe()
