"""What an engine leaves on a target: work when it goes, and nothing once the run is deleted."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project, end, until
from tests.contract.targets.working import lives, pids_in

ONLY_FOLDERS = pytest.mark.parametrize("place", ["folder"], indirect=True)


@ONLY_FOLDERS
def test_ctrl_c_leaves_work_there_and_resume_finds_it(project: Project, place: str, tmp_path: Path) -> None:
    text = f"echo $$ >>'{tmp_path}/pid'; until [ -e '{tmp_path}/go' ]; do sleep 0.1; done; echo done"
    project.write("w.yml", f'stages: [{{name: a, runs-on: there, bash: "{text}"}}]')
    call = project.begin("run", "w.yml")
    (pid,) = pids_in(tmp_path / "pid", 1)
    assert end(call, signal.SIGINT).code == 130
    assert project.last()["status"] == "PAUSED"
    assert lives(pid)
    (tmp_path / "go").touch()
    until(lambda: not lives(pid))
    said = project.call("resume", "--json")
    assert said.json["stages"][0]["outputs"]["stdout"] == "done\n"
    assert (tmp_path / "pid").read_text() == f"{pid}\n"


@ONLY_FOLDERS
def test_what_was_left_is_ended_by_a_cancel(project: Project, place: str, tmp_path: Path) -> None:
    project.write("w.yml", f"stages: [{{name: a, runs-on: there, bash: \"echo $$ >>'{tmp_path}/pid'; sleep 1000\"}}]")
    call = project.begin("run", "w.yml")
    (pid,) = pids_in(tmp_path / "pid", 1)
    end(call, signal.SIGKILL)
    assert lives(pid)
    project.call("cancel", project.last()["id"])
    until(lambda: not lives(pid))
    assert project.last()["status"] == "CANCELED"


@ONLY_FOLDERS
def test_gc_deletes_what_a_deleted_run_has_left_there(project: Project, place: str, base: Path) -> None:
    project.write("w.yml", "stages: [{name: a, stages: [{name: b, runs-on: there, bash: 'echo >file'}]}]")
    first, second = project.run("w.yml")["id"], project.run("w.yml")["id"]
    assert {path.name for path in (base / "work").iterdir()} == {first, second}
    assert project.call("gc", "--keep", "1").code == 0
    assert [path.name for path in (base / "work").iterdir()] == [second]
    assert [path.name.partition(".")[0] for path in (base / "run").iterdir()] == [second]
