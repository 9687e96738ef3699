"""Calls that cannot be meant so: each is told with the thing, the place and the next step, and ends with 2."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from stageline.runtimes.sandbox import Runtime
from tests.contract.cli.calling import COMMAND, TIMEOUT, Project
from tests.contract.runtimes.ready import bwrap_problem, ready
from tests.engines.control import Engines
from tests.not_run import not_run

LAB = '''
from stageline.lab import Lab, Run, scatter_gather, stage

@stage(outputs={"x": "$out/x"})
def one(): return 'echo said; touch "$out/x"'

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"i": 0}})
def cut(): return """echo '[{"i": 7}]' > "$out/items.json" """

@stage(inputs={"worker__item": ""}, outputs={"r": "$out/r"})
def work(): return 'touch "$out/r"'

@stage(inputs={"worker__outs": "[]"}, outputs={"f": "$out/f"})
def gather(): return 'touch "$out/f"'

lab = Lab(runs=[
    Run("alone", one, groups="paper"),
    Run("many", scatter_gather("many", scatter=cut, worker=work, gather=gather), groups="other"),
])
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A Lab that has been run, in a folder whose name is hard to write."""
    folder = tmp_path_factory.mktemp("wrong") / 'it\'s, a "folder"'
    folder.mkdir()
    project = Project(folder)
    project.write("lab.py", LAB)
    assert project.call("build", "-q").code == 0
    assert project.call("run", "-q", "--lab", "result").code == 0
    return project


def refusal(project: Project, *words: str) -> str:
    said = project.call(*words)
    assert said.code == 2, said
    assert said.out == ""
    return said.err


def job(project: Project, stage: str) -> str:
    (found,) = project.call("list", "jobs", "--stage", stage, "--json").json["jobs"]
    return str(found["id"])


def test_what_is_no_workflow_file_is_told_how_it_is_run(project: Project) -> None:
    assert "an experiment is built first: stageline build lab.py" in refusal(project, "run", "lab.py")
    assert "of a Lab, say: stageline run --lab result" in refusal(project, "run", "result")
    assert "of the Lab beside you, say: stageline run alone --lab result" in refusal(project, "run", "alone")
    assert "No such file" in refusal(project, "run", "alone.yml")


def test_one_runtime_is_given(project: Project) -> None:
    assert "--bwrap and --native say different things" in refusal(
        project, "run", "--lab", "result", "--bwrap", "--native"
    )
    assert "say different things" in refusal(project, "debug", job(project, "one"), "--docker", "--podman")
    assert project.call("run", "--lab", "result", "--bwrap", "--bwrap").code == 0


def test_the_script_to_look_at_is_one_that_there_is(project: Project) -> None:
    many = job(project, "many")
    assert "many has no script 'gahter'; did you mean 'gather'?" in refusal(project, "debug", many, "--step", "gahter")
    assert "many has several scripts: name one with --step scatter|worker|gather" in refusal(project, "debug", many)
    assert "there is no 5" in refusal(project, "debug", many, "--step", "worker", "--item", "5")
    assert "one is no scatter-gather" in refusal(project, "debug", job(project, "one"), "--step", "gather")


def test_groups_are_listed_by_their_names(project: Project) -> None:
    assert [one["name"] for one in project.call("list", "groups", "@paper", "--json").json["groups"]] == ["paper"]
    assert "the Lab has no group 'papre'; did you mean 'paper'?" in refusal(project, "list", "groups", "papre")
    assert "groups are not chosen by" in refusal(project, "list", "groups", "--stage", "one")


def test_a_state_folder_that_is_a_file(project: Project) -> None:
    for words in (["status"], ["list"], ["gc"]):
        said = project.call("--home", "lab.py", *words)
        assert said.code == 3
        assert "lab.py is no folder; name another one with --home" in said.err


def test_a_folder_is_not_built(project: Project) -> None:
    assert ":1:1: this is a folder; a lab is a Python file" in refusal(project, "build", "result")


@pytest.mark.parametrize("runtime", [Runtime.BWRAP, Runtime.DOCKER, Runtime.PODMAN])
def test_a_shell_is_opened_in_any_folder(project: Project, runtime: Runtime, engines: Engines) -> None:
    given = ready(runtime, engines)
    ended = subprocess.run(
        [COMMAND, "debug", job(project, "one"), f"--{runtime.value}"],
        check=False,
        cwd=project.folder,
        env={**project.env, **given},
        input='pwd; touch "$out/y"; exit 4\n',
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert ended.returncode == 4, ended.stderr
    assert Path(ended.stdout.strip()).name == "out"


def read_only(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    """A call where nothing can be written."""
    if problem := bwrap_problem():
        not_run(problem)
    bound = ("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--")
    return subprocess.run(
        [*bound, COMMAND, *words], check=False, cwd=project.folder, env=project.env, capture_output=True, text=True
    )


def test_what_is_in_a_lab_can_be_looked_at_where_nothing_can_be_written(project: Project) -> None:
    one = job(project, "one")
    said = read_only(project, "log", one)
    assert (said.returncode, said.stdout) == (0, "said\n"), said.stderr
    for words in (
        ["plan"],
        ["show", "job", one],
        ["list", "jobs"],
        ["trace", one],
        ["viz"],
        ["run", "--lab", "result"],
    ):
        said = read_only(project, *words)
        assert (said.returncode, said.stderr) == (0, ""), words
    said = read_only(project, "run", "--lab", "result", "--force")
    assert said.returncode == 2
    assert "cannot be written: Read-only file system" in said.stderr
    assert "cannot be opened for writing" in read_only(project, "log", "nosuch").stderr


def shell(project: Project, script: str) -> subprocess.CompletedProcess[str]:
    argv = ["bash", "-c", f"set -o pipefail; {script}"]
    return subprocess.run(argv, check=False, cwd=project.folder, env=project.env, capture_output=True, text=True)


LOOKS = ["show", "status", "config", "list jobs", "viz", "viz --format dot", "doctor", "plan", "--help"]


@pytest.mark.parametrize("words", LOOKS)
def test_output_that_nobody_reads_is_no_failure(project: Project, words: str) -> None:
    for where in ("| sleep 0", ">&-"):
        said = shell(project, f"stageline {words} {where}")
        assert (said.returncode, said.stderr) == (0, ""), where


def test_a_failure_is_one_even_if_nobody_reads_of_it(project: Project) -> None:
    project.write("bad.yml", "stages:\n  - {name: a, bash: exit 3}\n")
    assert shell(project, "stageline run bad.yml --json | sleep 0").returncode == 1
    assert shell(project, "stageline check lab.py nosuch.yml 2>&1 | sleep 0").returncode == 2


def test_a_full_disk_is_told_as_one(project: Project) -> None:
    said = shell(project, "stageline list jobs >/dev/full")
    assert said.returncode == 3
    assert "error: what was to be printed or written is lost: No space left on device" in said.stderr


def test_a_state_folder_of_somebody_else_is_no_defect_of_ours(project: Project) -> None:
    if problem := bwrap_problem():
        not_run(problem)
    lost = ("bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--cap-drop", "ALL", "--")
    home = project.folder / ".stageline"
    home.chmod(0)
    try:
        for words in (["list"], ["status"], ["list", "jobs"], ["plan"], ["run", "--lab", "result"], ["build"], ["gc"]):
            argv = [*lost, COMMAND, *words]
            said = subprocess.run(
                argv, check=False, cwd=project.folder, env=project.env, capture_output=True, text=True
            )
            assert said.returncode == 2, (words, said.stderr)
            assert re.search(r"error: .*: Permission denied; see whom it belongs to", said.stderr), said.stderr
    finally:
        home.chmod(0o700)


def test_a_link_that_leads_to_itself(project: Project) -> None:
    (project.folder / "loop").symlink_to("loop")
    assert "loop" in refusal(project, "plan", "--lab", "loop")


def test_rules_that_cannot_be_read(project: Project) -> None:
    rules = project.folder / "resources.toml"
    rules.write_bytes(b"\xff")
    assert "resources.toml cannot be read: 'utf-8' codec" in refusal(project, "run", "--lab", "result", "--force")
    rules.unlink()
