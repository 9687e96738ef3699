"""The commands that look into Labs, as one types them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project
from tests.not_run import not_run

LAB = '''
from stageline.lab import Lab, Run, pipeline, stage

@stage(outputs={"data": "$out/data.csv"}, params={"slope": 1, "seed": 7})
def producer(inputs, outputs, params):
    return f"""
    echo "makes {params.slope}"
    echo {params.slope} > "{outputs.data}"
    """

@stage(inputs={"table": ""}, outputs={"total": "$out/total.txt"})
def summer(inputs, outputs, params):
    return f"""cat "{inputs.table}" > "{outputs.total}" """

@pipeline
def simulate():
    return summer(table=producer()["data"])

simulation = Run("simulation", simulate, params={"slope": [1, 2, 5]}, groups="paper")
lab = Lab(version="1.0", runs=[simulation, Run("again", producer, params={"slope": 9}, depends_on=simulation)])
'''

WORKFLOW = """\
name: w
stages:
  - {name: a, bash: ls}
  - name: b
    parallel:
      l: [{name: c, bash: ls}]
      r: [{name: d, bash: ls}]
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A Lab whose first run has been run."""
    project = Project(tmp_path_factory.mktemp("labs"))
    project.write("lab.py", LAB)
    assert project.call("build").code == 0
    assert project.call("run", "simulation", "--lab", "result").code == 0
    return project


@pytest.fixture
def own(built: Project, tmp_path: Path) -> Project:
    """A copy of it that may be changed."""
    shutil.copytree(built.folder, tmp_path / "own", symlinks=True)
    return Project(tmp_path / "own")


def job(project: Project, stage: str, slope: int) -> str:
    found = project.call("list", "jobs", "--json", "--stage", stage, "-p", f"slope={slope}").json["jobs"]
    (id,) = (one["id"] for one in found)
    return str(id)


def test_runs_jobs_deps_and_groups_are_listed(built: Project) -> None:
    runs = built.call("list", "runs").out.splitlines()
    assert runs[0].split() == ["RUN", "JOBS", "SUCCEEDED", "FAILED", "GROUPS", "NEEDS"]
    assert runs[1].split() == ["simulation", "6", "6", "0", "paper"]
    assert runs[2].split() == ["again", "1", "0", "0", "simulation"]
    assert built.call("list", "groups").out.splitlines()[1].split() == ["@paper", "simulation"]
    assert built.call("list", "deps").out.splitlines()[1].split() == ["again", "simulation", "hard"]
    assert "data of job" in built.call("list", "deps", job(built, "summer", 2)).out
    assert len(built.call("list", "jobs").out.splitlines()) == 8


def test_jobs_are_filtered_by_stage_status_and_parameter(built: Project) -> None:
    def count(*words: str) -> int:
        return len(built.call("list", "jobs", "--json", *words).json["jobs"])

    assert count() == 7
    assert count("--stage", "summer") == 3
    assert count("--status", "not-started") == 1
    assert count("-p", "slope__gt=1", "-p", "seed=7") == 5
    assert count("@paper", "--stage", "producer", "-p", "slope=5") == 1
    assert count("again") == 1
    assert len(built.call("list", "jobs", "--limit", "2").out.splitlines()) == 4
    wrong = built.call("list", "jobs", "-p", "slop=1")
    assert (wrong.code, "did you mean 'slope'?" in wrong.err) == (2, True)
    wrong = built.call("list", "jobs", "--stage", "sumer")
    assert (wrong.code, "did you mean 'summer'?" in wrong.err) == (2, True)
    wrong = built.call("list", "--stage", "summer")
    assert (wrong.code, "stageline list jobs" in wrong.err) == (2, True)


def test_a_list_without_a_word_is_about_the_runs_that_are_kept(built: Project) -> None:
    assert built.call("list").out.splitlines()[0].split() == ["RUN", "STATUS", "STARTED", "TOOK", "NAME"]
    assert [run["name"] for run in built.call("list", "--json").json["runs"]] == ["simulation"]


def test_a_plan_tells_what_would_run(own: Project) -> None:
    said = own.call("plan").out.splitlines()
    assert [line.split() for line in said[:4]] == [
        ["STAGE", "RUN", "KEEP", "WHY"],
        ["producer", "1", "3", "no", "record"],
        ["summer", "0", "3"],
        ["all", "1", "6"],
    ]
    assert said[-1].endswith("producer  seed=7 slope=9: it was never run to its end")
    shown = own.call("show", "output", job(own, "producer", 1), "--json").json
    Path(shown["outputs"]["data"]["path"]).write_text("other and longer")
    told = own.call("plan", "simulation", "--json").json
    assert (told["run"], told["maybe"], told["keep"]) == (1, 1, 4)
    assert [(one["reason"], one["perhaps"]) for one in told["jobs"] if one["runs"]] == [
        ("outputs", False),
        ("input", True),
    ]
    assert own.call("plan", "simulation").out.splitlines()[3].split() == ["all", "1", "1", "4"]
    assert own.call("plan", "--force").out.splitlines()[-1].startswith("… and 1 more; --jobs")
    assert own.call("run", "--lab", "result").code == 0
    assert own.call("plan").out == "nothing to do: 7 jobs are finished\n"


def test_why_shows_a_diff_and_trace_where_values_come_from(own: Project) -> None:
    own.write("lab.py", LAB.replace("makes {", "does {"))
    assert own.call("build").code == 0
    said = own.call("why", job(own, "summer", 2)).out
    assert "is to be run: it was never run to its end" in said
    assert "of stage 'producer', was " in said
    assert '      -echo "makes 2"\n      +echo "does 2"\n' in said
    told = own.call("why", job(own, "producer", 5), "--json").json
    assert [one["ingredient"] for one in told["differences"]] == ["script"]
    rows = own.call("trace", job(own, "summer", 2)).out
    assert "slope      2      the run, as slope, one of 3 values       producer  simulation" in rows
    assert "the stage's default (no part of the id)" in rows


def test_two_labs_are_compared(own: Project) -> None:
    before = (own.folder / "result").resolve().name
    own.write("lab.py", LAB.replace("[1, 2, 5]", "[1, 2]").replace('"seed": 7', '"seed": 8'))
    own.call("build")
    said = own.call("diff", before[:10]).out.splitlines()
    assert [line[:5] for line in said if line.startswith("-")] == ["- job", "- job"]
    assert said[-1] == "jobs: 5 the same, 0 added, 2 removed, 0 changed"
    assert len(own.call("diff", before[:10], "result", "--json").json["removed"]) == 2
    assert own.call("diff", "nowhere").code == 2


def test_a_job_and_its_outputs_are_shown(own: Project) -> None:
    id = job(own, "producer", 2)
    said = own.call("show", "job", id[:8]).out
    assert said.startswith(f"{id}  SUCCEEDED  producer 1.0  (simulation)\n  lab.py:4:1\n")
    assert "  param   slope = 2\n" in said
    assert own.call("show", "job", id, "--json").json["exit_code"] == 0
    outputs = own.call("show", "output", id).out.splitlines()
    assert outputs[1].split()[:5] == ["data", "as", "it", "was", "made"]
    path = Path(own.call("show", "output", id, "data", "--json").json["outputs"]["data"]["path"])
    path.write_text("3\n")
    assert own.call("show", "output", id, "data", "--json").json["outputs"]["data"]["state"] == "changed"
    path.unlink()
    assert own.call("show", "output", id, "data", "--json").json["outputs"]["data"]["state"] == "missing"
    wrong = own.call("show", "output", id, "dta")
    assert (wrong.code, "did you mean 'data'?" in wrong.err) == (2, True)
    assert own.call("show", "job").code == 2
    assert own.call("show").out.splitlines()[0].split()[1] == "SUCCEEDED"


def test_a_log_is_that_of_a_run_or_of_a_job(built: Project) -> None:
    id = job(built, "producer", 2)
    assert built.call("log", id[:10], "--lab", "result").out == "makes 2\n"
    assert built.call("log", id[:10]).out == "makes 2\n"
    assert built.call("log", "-f", id[:10]).out == "makes 2\n"
    assert built.call("log", job(built, "producer", 9)).err == "nothing was said\n"
    run = built.call("list", "--json").json["runs"][0]["id"]
    assert f"==> producer-{id}\nmakes 2\n" in built.call("log", run).out
    assert built.call("log", run, f"producer-{id}").out == f"==> producer-{id}\nmakes 2\n"
    assert built.call("log", "-f", run).out.count("makes ") == 3


def test_a_picture_is_text(built: Project) -> None:
    assert built.call("viz").out.startswith("flowchart LR\n")
    assert built.call("viz", "--format", "dot").out.startswith("digraph {\n")
    assert built.call("viz", "--json", "--fold", "always").json["items"][0]["label"] == "simulation @paper: 6 jobs"
    assert built.call("viz", "--json", "--format", "svg").code == 2


def test_a_picture_is_laid_out_by_graphviz(built: Project, tmp_path: Path) -> None:
    if shutil.which("dot") is None:
        not_run("dot of Graphviz is not installed")
    for form, begin in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        place = tmp_path / f"lab.{form}"
        assert built.call("viz", "--format", form, "--status", "-o", str(place)).out == f"wrote {place}\n"
        assert place.read_bytes().startswith(begin)
    here = Project(tmp_path)
    here.write("w.yml", WORKFLOW)
    assert here.call("viz", "w.yml", "--format", "svg").out == "wrote w.svg\n"


def test_without_graphviz_a_picture_says_what_to_install(built: Project, tmp_path: Path) -> None:
    said = built.call("viz", "--format", "svg", env={"PATH": str(tmp_path)})
    assert said.code == 3
    assert "apt-get install graphviz" in said.err


def test_a_workflow_file_is_drawn(built: Project, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("w.yml", WORKFLOW)
    said = project.call("viz", "w.yml").out
    assert '  n0("a<br/>#40;bash#41;")' in said
    assert '  subgraph n1["b #40;parallel#41;"]' in said
    assert "  n0 --> n1" in said
    assert project.call("viz").code == 2


def test_old_labs_are_cleared_up_with_what_only_they_had(own: Project) -> None:
    first = (own.folder / "result").resolve().name
    for slope in range(20, 25):
        own.write("lab.py", LAB.replace("[1, 2, 5]", f"[{slope}]"))
        own.call("build")
    assert "is pinned" in own.call("gc", "--pin", first[:8]).out
    assert own.call("gc", "--dry-run", "--json").json["labs"]["garbage"] == []
    assert "pinned no more" in own.call("gc", "--unpin", first[:8]).out
    told = own.call("gc", "--dry-run").out
    assert f"labs/{first}" in told
    assert "5 Labs were built after it" in told
    assert own.call("gc").code == 0
    assert not (own.folder / ".stageline" / "labs" / first).exists()
    assert own.call("list", "jobs").code == 0


def test_what_is_no_lab_is_told_with_the_next_step(tmp_path: Path) -> None:
    said = Project(tmp_path).call("list", "jobs")
    assert said.code == 2
    assert "result: there is no Lab here; make one with 'stageline build', or name another with --lab" in said.err


def test_an_experiment_is_checked_without_being_built(own: Project) -> None:
    assert own.call("check", "lab.py").out == "lab.py: ok (7 jobs in 2 runs)\n"
    labs = sorted((own.folder / ".stageline" / "labs").iterdir())
    own.write("lab.py", LAB.replace('"{inputs.table}" >', '"{inputs.table}" | frob >').replace("table=", "tabel="))
    said = own.call("check", "lab.py")
    assert said.code == 2
    assert said.err.startswith("lab.py:17:12: summer: 'summer' has no input 'tabel'; did you mean 'table'?")
    own.write("lab.py", LAB.replace('"{inputs.table}" >', '"{inputs.table}" | frob >'))
    said = own.call("check", "lab.py", "--json")
    assert (said.code, said.json["files"][0]["problems"][0]["line"]) == (2, 13)
    assert sorted((own.folder / ".stageline" / "labs").iterdir()) == labs


def test_a_lab_is_checked_whether_it_is_as_it_was_built(own: Project) -> None:
    assert own.call("check", "result").code == 0
    script = next((own.folder / ".stageline" / "jobs").glob("*-summer-1.0/bin/summer.sh"))
    script.write_text("echo 1 > $out/total.txt\n")
    name = script.relative_to(own.folder / ".stageline")
    said = own.call("check", "result")
    assert said.code == 2
    assert said.err.startswith(f"result/{name}: the content of this file was changed")
    found = own.call("check", "result", "--json").json["files"][0]
    assert (found["ok"], found["problems"][0]["file"]) == (False, str(name))
    assert own.call("plan").code == 0
    for verb in (["run", "--lab", "result", "--verify"], ["plan", "--verify"]):
        said = own.call(*verb)
        assert (said.code, f"{name}: the content of this file was changed" in said.err) == (2, True)
    assert own.call("build").code == 0
    assert own.call("check", "result").code == 0


def test_a_lab_that_is_none_is_told(own: Project) -> None:
    (own.folder / "empty").mkdir()
    said = own.call("check", "empty")
    assert (said.code, "this is no Lab" in said.err) == (2, True)
