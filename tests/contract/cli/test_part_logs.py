"""The log of a scatter-gather is what all its parts have said, those that failed first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.cli.calling import Project, end, until

LAB = '''
from stageline.lab import Lab, Run, scatter_gather, stage

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f"""
    echo scattering
    jq -n '[range(3) | {{n: .}}]' > "{outputs.work__items}" """

@stage(inputs={"worker__item": ""}, outputs={"half": "$out/half"})
def halve(inputs, outputs, params):
    return f"""
    n=$(jq .n "{inputs.worker__item}")
    echo "halving $n"
    while [[ -e "$out/../../../wait" ]]; do touch "$out/../../../waits"; sleep 0.02; done
    [[ $n != 1 || -e "$out/../../../repaired" ]]
    echo $((n / 2)) > "{outputs.half}" """

@stage(inputs={"half": ""}, outputs={"more": "$out/more"})
def add(inputs, outputs, params):
    return f"""
    echo "adding to $(cat "{inputs.half}")"
    cp "{inputs.half}" "{outputs.more}" """

@stage(inputs={"worker__outs": ""}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f"""
    echo gathering
    cp "{inputs.worker__outs}" "{outputs.all}" """

sums = scatter_gather("sums", scatter=scatter, steps={"halve": halve, "add": add}, deps={"add": "halve"}, gather=gather)
lab = Lab(version="1", runs=[Run("r", sums)])
'''


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("part logs"))
    project.write("lab.py", LAB)
    assert project.call("build", "--no-check").code == 0
    assert project.call("run", "--lab", "result", "--continue-on-failure").code == 1
    return project


def job(project: Project) -> str:
    return str(project.call("list", "jobs", "--json").json["jobs"][0]["id"])[:12]


def test_what_failed_comes_first_then_all_in_order(failed: Project) -> None:
    assert failed.call("log", job(failed)).out.splitlines() == [
        "==> item 1 halve, which failed",
        "halving 1",
        "==> scatter",
        "scattering",
        "==> item 0 halve",
        "halving 0",
        "==> item 0 add",
        "adding to 0",
        "==> item 2 halve",
        "halving 2",
        "==> item 2 add",
        "adding to 1",
    ]


def test_items_and_steps_are_chosen(failed: Project) -> None:
    def said(*words: str) -> list[str]:
        return failed.call("log", job(failed), *words).out.splitlines()

    assert said("--item", "2") == ["==> item 2 halve", "halving 2", "==> item 2 add", "adding to 1"]
    assert said("--step", "add", "--item", "0") == ["==> item 0 add", "adding to 0"]
    assert said("--step", "scatter") == ["==> scatter", "scattering"]
    assert failed.call("log", job(failed), "--step", "gather").err == "nothing was said\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--item", "7"], "has no item 7: it has 3, which are counted from 0"),
        (["--step", "halv"], "has no step 'halv'; did you mean 'halve'?"),
    ],
)
def test_what_is_not_there_is_told(failed: Project, words: list[str], told: str) -> None:
    said = failed.call("log", job(failed), *words)
    assert said.code == 2
    assert told in said.err


def test_a_run_has_no_items(failed: Project) -> None:
    run = failed.runs()[0]["id"]
    said = failed.call("log", run, "--item", "1")
    assert said.code == 2
    assert "--item and --step are about a job of a Lab" in said.err


def test_they_are_followed_to_the_end(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("lab.py", LAB)
    assert project.call("build", "--no-check").code == 0
    project.write(".stageline/repaired", "")
    project.write(".stageline/wait", "")
    running = project.begin("run", "--lab", "result", "-j", "1")
    until((tmp_path / ".stageline/waits").exists)
    following = project.begin("log", "-f", job(project))
    (tmp_path / ".stageline/wait").unlink()
    lines = end(following).out.splitlines()
    assert end(running).code == 0
    assert [lines.count(f"halving {n}") for n in range(3)] == [1, 1, 1]
    assert lines[-2:] == ["==> gather", "gathering"]
