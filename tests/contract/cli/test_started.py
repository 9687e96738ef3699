"""Runs that a run has started: seen with it, as if they were a part of it."""

import pytest

from tests.contract.cli.calling import Project, end, until

FILE = """\
name: parent
stages:
  - name: hand over
    id: t
    trigger: child
---
name: child
stages:
  - name: good
    bash: echo from the child
  - name: deep
    id: deep
    bash: |
      echo about to fail
      echo too bad >&2
      exit 4
"""


@pytest.fixture
def failed(project: Project) -> Project:
    project.write("w.yml", FILE)
    said = project.call("run", "w.yml", "--workflow", "parent")
    assert said.code == 1
    project.write("out", said.out)
    project.write("err", said.err)
    return project


def test_lines_tell_of_its_stages_as_it_happens(failed: Project) -> None:
    told = [line.split()[1:3] for line in (failed.folder / "out").read_text().splitlines()[1:-1]]
    assert told == [
        ["started", "t"],
        ["started", "t/child/run"],
        ["started", "t/child/run/good"],
        ["succeeded", "t/child/run/good"],
        ["started", "t/child/run/deep"],
        ["failed", "t/child/run/deep"],
        ["failed", "t/child/run"],
        ["failed", "t"],
    ]


def test_the_end_names_the_stage_that_failed_in_it_and_its_place(failed: Project) -> None:
    id = failed.last()["id"]
    lines = (failed.folder / "err").read_text().strip().splitlines()
    assert lines[:3] == [
        "failed t/child/run/deep  (bash)",
        "at     w.yml:11",
        "cause  the script ended with exit code 4",
    ]
    assert "     | too bad" in lines
    assert f"next   stageline log {id} t/child/run/deep" in lines


def test_its_logs_and_stages_are_shown(failed: Project) -> None:
    assert "==> t/child/run/good 0.1 stdout\nfrom the child\n" in failed.call("log").out
    said = failed.call("log", failed.last()["id"], "t/child/run/deep").out
    assert ("about to fail" in said, "from the child" in said) == (True, False)
    assert "        ✗ deep (bash)" in failed.call("show").out
    (stage,) = failed.last()["stages"]
    (scope,) = stage["stages"]
    (run,) = scope["stages"]
    assert [(one["ref"], one["status"]) for one in run["stages"]] == [("good", "SUCCEEDED"), ("deep", "FAILED")]


def test_the_log_is_followed_into_it(project: Project) -> None:
    text = FILE.replace("echo about to fail", "echo held\n      while [ ! -e go ]; do sleep 0.05; done; echo gone on")
    project.write("w.yml", text)
    running = project.begin("run", "w.yml", "--workflow", "parent")
    until(lambda: project.runs() and "held" in project.call("log").out)
    following = project.begin("log", project.runs()[0]["id"], "--follow")
    project.write("go", "")
    said = end(following)
    assert said.out.splitlines()[-4:] == [
        "held",
        "gone on",
        "==> t/child/run/deep 0.1 stderr",
        "too bad",
    ]
    assert end(running).code == 1
