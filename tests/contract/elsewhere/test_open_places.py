"""Stages whose `runs-on` holds placeholders go where these lead when they start, and come back there."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from stageline.model.status import Status
from stageline.stages.bash import BashStage
from tests.contract.cli.calling import Project, end, until

OPEN = """
params: {where: {type: str, default: local}, cpus: {type: int, default: 1}}
stages:
  - {name: a, runs-on: {target: "${{ params.where }}", resources: {cpus: "${{ params.cpus }}", mem: 50M}}, bash: pwd}
  - {name: b, runs-on: "${{ params.where }}", run: "import os\\nfolder = os.getcwd()"}
  - {name: never, if: false, runs-on: "${{ params.where }}", bash: exit 1}
"""


def test_a_parameter_says_where_it_runs(project: Project, place: str, base: Path) -> None:
    project.write("w.yml", OPEN)
    run = project.run("w.yml")
    assert [stage["status"] for stage in run["stages"]] == ["SUCCEEDED", "SUCCEEDED", "SKIPPED"]
    assert run["stages"][0]["outputs"]["stdout"] == f"{project.folder}\n"
    assert run["stages"][1]["outputs"]["folder"] == str(project.folder)
    run = project.run("w.yml", "-p", "where=there")
    there = f"{base}/work/{run['id']}"
    assert run["stages"][0]["outputs"] == {"return_code": 0, "stdout": f"{there}\n", "stderr": ""}
    assert run["stages"][1]["outputs"] == {"folder": there}
    assert [stage["kind"] for stage in run["stages"]] == ["bash", "python", "bash"]


EACH = """
on-failure: keep-going
jobs:
  each:
    stages:
      - name: each
        foreach: [{on: local}, {on: there}, {on: there, mem: lots}, {on: thre}]
        concurrent: 4
        runs-on: {target: "${{ item.on }}", resources: {mem: "${{ item.mem | default('50M') }}"}}
        stages: [{name: in, bash: "pwd"}]
  combined:
    needs: []
    strategy: {matrix: {place: [local, {target: there, resources: {cpus: 1}}]}}
    runs-on: "${{ matrix.place }}"
    stages: [{name: in, bash: "pwd"}]
"""


@pytest.mark.parametrize("place", ["folder", "far"], indirect=True)
def test_items_and_combinations_go_each_its_way(project: Project, place: str, base: Path) -> None:
    project.write("w.yml", EACH)
    run = project.run("w.yml")
    here, there = str(project.folder), f"{base}/work/{run['id']}"
    each, combined = (job["stages"] for job in run["stages"])
    inside = [scope["stages"][0] for scope in each[0]["stages"][0]["stages"]]
    assert [one["outputs"].get("stdout", "").strip() for one in inside] == [here, there, "", ""]
    failures = [one["error"]["message"] for one in inside[2:]]
    assert failures[0].startswith("stage 'in': runs-on: mem: 'lots' is no amount of memory; write a number and its")
    assert failures[1].startswith("stage 'in': runs-on: there is no target 'thre'; did you mean 'there'?")
    assert [one["stages"][0]["outputs"]["stdout"].strip() for one in combined] == [here, there]


@pytest.mark.parametrize("place", ["folder"], indirect=True)
def test_what_the_parameters_decide_is_checked_before_anything_runs(project: Project, place: str) -> None:
    project.write("w.yml", OPEN)
    for given, why in {
        "where=thre": "w.yml:4: runs-on: there is no target 'thre'; did you mean 'there'?",
        "cpus=0": "w.yml:4: runs-on: cpus: 0 is no number of cpus; write a whole number of at least 1",
    }.items():
        said = project.call("run", "w.yml", "-p", "where=there", "-p", given)
        assert (said.code, said.err.startswith(f"error: {why}")) == (2, True), said
    assert project.call("show").code == 2  # nothing was begun


@pytest.mark.parametrize("place", ["cluster"], indirect=True)
def test_an_engine_that_is_started_again_finds_it_where_it_went(project: Project, place: str, tmp_path: Path) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    text = f"echo x >>'{log}'; until [ -e '{go}' ]; do sleep 0.1; done; echo done"
    project.write("w.yml", f'stages: [{{name: a, runs-on: "${{{{ env.WHERE }}}}", bash: "{text}"}}]')
    project.env["WHERE"] = "there"
    call = project.begin("run", "w.yml")
    until(log.exists)
    end(call, signal.SIGKILL)
    project.env["WHERE"] = "local"
    go.touch()
    said = project.call("resume", "--json")
    assert said.json["stages"][0]["outputs"]["stdout"] == "done\n"
    assert log.read_text() == "x\n"


@pytest.mark.parametrize("place", ["folder"], indirect=True)
def test_what_it_has_left_there_goes_with_its_run(project: Project, place: str, base: Path) -> None:
    project.write(
        "w.yml", 'stages: [{name: a, foreach: [there], runs-on: "${{ item }}", stages: [{name: b, bash: b=1}]}]'
    )
    run = project.run("w.yml")
    assert (base / "work" / run["id"]).is_dir()
    assert project.call("gc", "--keep", "0").code == 0
    assert not (base / "work" / run["id"]).exists()


def test_a_stage_by_itself_runs_here_if_its_place_comes_to_that() -> None:
    stage = BashStage(name="a", bash="echo here", runs_on="${{ params.x }}")
    assert stage.execute({"x": "local"}).outputs["stdout"] == "here\n"
    failed = stage.execute({"x": "c"})
    assert failed.status is Status.FAILED
    assert failed.failure is not None
    assert failed.failure.message.startswith("stage 'a': runs-on: there is no target 'c'")
