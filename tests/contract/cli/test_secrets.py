"""Secrets of runs: those of triggered workflows too, and in whatever process goes on with a run."""

import signal

import pytest

from tests.contract.cli.calling import Project, end, until

PARENT = """\
name: parent
stages:
  - name: hold
    bash: |
      echo held >> trace
      while [ ! -e go ]; do sleep 0.05; done
  - name: hand over
    trigger: child
"""
CHILD = """\
name: child
stages:
  - name: use
    bash: echo "${#TOKEN}" > length
    env: {TOKEN: "${{ secrets.TOKEN }}"}
"""
TOKEN = {"TOKEN": "twelve-chars"}


@pytest.fixture
def handing(project: Project) -> Project:
    project.write("parent.yml", PARENT)
    project.write("child.yml", CHILD)
    return project


def held(project: Project, **env: str) -> None:
    """A run that has lost its process while its first stage ran."""
    project.env.update(env)
    process = project.begin("run", "parent.yml")
    until((project.folder / "trace").exists)
    end(process, signal.SIGKILL)
    for name in env:
        del project.env[name]
    project.write("go", "")


def test_a_plain_variable_is_the_secret_of_a_triggered_workflow_too(handing: Project) -> None:
    handing.write("go", "")
    said = handing.call("run", "parent.yml", env=TOKEN)
    assert said.code == 0, said
    assert (handing.folder / "length").read_text() == "12\n"


def test_one_that_a_triggered_workflow_lacks_is_told_before_anything_runs(handing: Project) -> None:
    said = handing.call("run", "parent.yml")
    assert (said.code, "no secret 'TOKEN': set STAGELINE_SECRET_TOKEN" in said.err) == (2, True), said
    assert handing.runs() == []


@pytest.mark.parametrize("command", ["resume", "retry"])
def test_who_goes_on_without_it_is_told_and_the_run_is_let_be(handing: Project, command: str) -> None:
    held(handing, **TOKEN)
    said = handing.call(command)
    assert (said.code, "no secret 'TOKEN'" in said.err) == (2, True), said
    assert handing.last()["status"] == "RUNNING"
    assert handing.call("resume", env=TOKEN).code == 0


def test_a_worker_finds_it_in_its_own_environment(handing: Project) -> None:
    held(handing, **TOKEN)
    assert handing.call("worker", "--until-idle", env=TOKEN).code == 0
    assert handing.last()["status"] == "SUCCEEDED"


def test_the_file_of_secrets_is_that_of_the_workflows_folder(handing: Project) -> None:
    handing.write("stageline.toml", 'secrets = "secret.env"\n')
    handing.write("secret.env", "TOKEN=from-a-file\n").chmod(0o600)
    held(handing)
    elsewhere = handing.folder.parent
    assert handing.call("resume", "--home", str(handing.folder / ".stageline"), cwd=elsewhere).code == 0
    assert (handing.folder / "length").read_text() == "11\n"
