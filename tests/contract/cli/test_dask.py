"""`--executor dask`: a run on a real cluster, from the command line."""

import signal
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project, end, statuses, until
from tests.engines.dask import DaskCluster

WORK = """\
name: work
stages:
  - name: first
    id: first
    run: |
      import os
      from pathlib import Path
      with Path("trace").open("a") as file:
          file.write(f"first {os.getppid()}\\n")
      word = "hi"
  - name: slow
    run: |
      import os, time
      from pathlib import Path
      with Path("trace").open("a") as file:
          file.write(f"slow {os.getpid()}\\n")
      while not Path("go").exists():
          time.sleep(0.02)
      said = "${{ stages.first.outputs.word }}"
  - name: shell
    bash: echo "shell $PPID" >> trace
"""


@pytest.fixture
def work(project: Project) -> Project:
    project.write("w.yml", WORK)
    return project


@pytest.fixture
def on_dask(dask_cluster: DaskCluster) -> tuple[str, ...]:
    return ("--executor", "dask", "--scheduler-address", dask_cluster.address)


def trace(project: Project) -> list[tuple[str, int]]:
    """The stages that began, each with a process."""
    path = project.folder / "trace"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(word, int(pid)) for word, pid in (line.split() for line in lines)]


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/cwd").exists()


def test_python_stages_run_there_and_others_here(
    work: Project, on_dask: tuple[str, ...], dask_cluster: DaskCluster
) -> None:
    work.write("go", "")
    process = work.begin("run", "w.yml", "-v", *on_dask)
    said = end(process)
    assert said.code == 0
    assert f"python and call stages run on the Dask scheduler at {dask_cluster.address}" in said.err
    (_, worker), _, (_, engine) = trace(work)
    assert worker in [node.process.pid for node in dask_cluster.workers]
    assert engine == process.pid


@pytest.mark.parametrize("going_on", [("resume",), ("worker", "--until-idle")])
def test_a_killed_engine_leaves_nothing_running_and_its_run_goes_on(
    work: Project, on_dask: tuple[str, ...], going_on: tuple[str, ...]
) -> None:
    process = work.begin("run", "w.yml", *on_dask)
    until(lambda: [word for word, _ in trace(work)] == ["first", "slow"])
    end(process, signal.SIGKILL)
    until(lambda: not is_alive(trace(work)[1][1]), 10)
    work.write("go", "")
    assert work.call(*going_on, *on_dask).code == 0
    assert set(statuses(work.last()).values()) == {"SUCCEEDED"}
    assert [word for word, _ in trace(work)] == ["first", "slow", "slow", "shell"]


def test_ctrl_c_ends_what_runs_there_and_says_how_to_go_on_there(work: Project, on_dask: tuple[str, ...]) -> None:
    process = work.begin("run", "w.yml", *on_dask)
    until(lambda: [word for word, _ in trace(work)] == ["first", "slow"])
    said = end(process, signal.SIGINT)
    assert said.code == 130
    assert not is_alive(trace(work)[1][1])
    run = work.runs()[0]["id"]
    assert f"Go on:  stageline resume {run} {' '.join(on_dask)}" in said.err


def test_a_scheduler_that_is_not_there_ends_the_call_before_anything_is_kept(work: Project) -> None:
    said = work.call("run", "w.yml", "--executor", "dask", "--scheduler-address", "nowhere://x")
    assert said.code == 3
    assert "error: the Dask scheduler at nowhere://x cannot be reached" in said.err
    assert (trace(work), (work.folder / ".stageline").exists()) == ([], False)


def test_without_the_extra_it_is_told_what_to_install(work: Project) -> None:
    work.write("without/sitecustomize.py", "import sys\nsys.modules['distributed'] = None\n")
    without = {"PYTHONPATH": str(work.folder / "without")}
    said = work.call("run", "w.yml", "--executor", "dask", env=without)
    assert said.code == 3
    assert "pip install 'stageline[dask]'" in said.err
    work.write("go", "")
    assert work.call("run", "w.yml", env=without).code == 0


def test_settings_say_it_too_and_options_count_more(work: Project, dask_cluster: DaskCluster) -> None:
    mine = work.write("stageline.toml", f'executor = "dask"\n[dask]\nscheduler-address = "{dask_cluster.address}"\n')
    found = work.call("config", "--json").json
    assert (found["executor"]["value"], found["executor"]["origin"]) == ("dask", f"{mine}:1")
    assert found["dask.scheduler-address"] == {"value": dask_cluster.address, "origin": f"{mine}:3"}
    work.write("go", "")
    assert work.call("run", "w.yml").code == 0
    assert trace(work)[0][1] in [node.process.pid for node in dask_cluster.workers]
    (work.folder / "trace").unlink()
    assert work.call("run", "w.yml", "--executor", "local").code == 0
    assert trace(work)[0][1] == trace(work)[2][1], "the engine itself"
    doctor = {one["name"]: one["found"] for one in work.call("doctor", "--json").json["findings"]}
    assert (doctor["[dask]"], doctor["dask"]) == ("installed", f"it answers: {dask_cluster.address}")


def test_cancel_needs_no_scheduler(work: Project, on_dask: tuple[str, ...]) -> None:
    process = work.begin("run", "w.yml", *on_dask)
    until(lambda: [word for word, _ in trace(work)] == ["first", "slow"])
    end(process, signal.SIGKILL)
    gone = {"STAGELINE_EXECUTOR": "dask", "STAGELINE_DASK_SCHEDULER_ADDRESS": "nowhere://x"}
    assert work.call("cancel", work.runs()[0]["id"], env=gone).code == 0
    assert work.last()["status"] == "CANCELED"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--scheduler-address", "tcp://x:1"), "--scheduler-address is for work on Dask: say --executor dask too"),
        (("--executor", "dusk"), "--executor: executor is one of local, dask, not 'dusk'"),
        (("--executor", "dask", "--lab", "lab"), "--executor is about a workflow file"),
    ],
)
def test_what_makes_no_sense_is_refused(work: Project, options: tuple[str, ...], words: str) -> None:
    said = work.call("run", *(() if "--lab" in options else ("w.yml",)), *options)
    assert (said.code, words in said.err) == (2, True)
    assert [path.name for path in work.folder.iterdir()] == ["w.yml"]
