"""What becomes of a run whose process died, once another run has to do with its jobs: the history tells the truth."""

from __future__ import annotations

import signal

import pytest

from tests.contract.cli.calling import Project, end, until

LAB = '''
from stageline.lab import Lab, Run, stage

@stage(outputs={"x": "$out/x"}, params={"n": 0})
def work(inputs, outputs, params):
    return f"""
    touch "$out/../../../begun-{params.n}"
    until [[ -e "$out/../../../go" ]]; do sleep 0.02; done
    echo {params.n} > "{outputs.x}"
    """

lab = Lab(version="1", runs=[Run("one", work, params={"n": 1}), Run("two", work, params={"n": 2})])
'''


@pytest.fixture
def died(project: Project) -> Project:
    """A project whose run `one` was killed in the middle of its only job."""
    project.write("lab.py", LAB)
    assert project.call("build", "--no-check").code == 0
    running = project.begin("run", "one", "--lab", "result")
    until((project.folder / ".stageline/begun-1").exists)
    end(running, signal.SIGKILL)
    project.write(".stageline/go", "")
    return project


def history(project: Project) -> dict[str, str]:
    return {run["name"]: run["status"] for run in project.runs()}


def test_a_dead_run_whose_jobs_are_all_done_has_succeeded(died: Project) -> None:
    assert died.call("run", "one", "--lab", "result", "--home", "elsewhere").code == 0
    assert history(died) == {"one": "RUNNING"}
    said = died.call("run", "--lab", "result", "one")
    assert said.out == "nothing to do: 1 job is finished\n"
    assert history(died) == {"one": "SUCCEEDED"}


def test_so_has_one_that_was_stopped_in_order(died: Project) -> None:
    (died.folder / ".stageline/go").unlink()
    running = died.begin("run", "two", "--lab", "result")
    until((died.folder / ".stageline/begun-2").exists)
    end(running, signal.SIGINT)
    assert history(died) == {"one": "RUNNING", "two": "PAUSED"}
    died.write(".stageline/go", "")
    assert died.call("run", "--lab", "result", "--home", "elsewhere").code == 0
    died.call("run", "--lab", "result")
    assert history(died) == {"one": "SUCCEEDED", "two": "SUCCEEDED"}


def test_while_it_has_something_to_do_it_can_be_resumed(died: Project) -> None:
    assert died.call("run", "two", "--lab", "result").code == 0
    assert history(died) == {"one": "RUNNING", "two": "SUCCEEDED"}
    assert "(nobody works on it)" in died.call("list").out
    run = next(run["id"] for run in died.runs() if run["name"] == "one")
    assert died.call("resume", run).code == 0
    assert history(died) == {"one": "SUCCEEDED", "two": "SUCCEEDED"}


def test_who_does_its_jobs_now_is_named(died: Project) -> None:
    assert died.call("run", "--lab", "result").code == 0
    assert history(died) == {"one": "CANCELED", "all runs": "SUCCEEDED"}
    run = died.runs()[0]["id"]
    assert died.runs()[1]["error"]["message"] == f"run {run} does its jobs now"


def test_runs_of_another_lab_with_the_same_jobs_are_left_alone(died: Project) -> None:
    """Their store may be shared; their jobs are done elsewhere."""
    copy = died.folder / "copy"
    died.call("build", "--no-check", "-o", str(copy / "result"), "--home", str(copy / ".stageline"))
    (copy / ".stageline/go").touch()
    assert died.call("run", "--lab", str(copy / "result"), "--home", ".stageline").code == 0
    assert history(died) == {"one": "RUNNING", "all runs": "SUCCEEDED"}
