"""Another attempt on a cluster asks for more of what the one before it had too little of, and says so."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.stages.bash import BashStage
from stageline.stages.elsewhere import ElsewhereTask
from stageline.stages.tools import Tools
from stageline.targets.errand import Ending
from tests.contract.cli.calling import Project, end, until
from tests.contract.targets.working import lives, pids_in
from tests.unit.stages.porter import Porter, placed

MIB = 1 << 20
HOG = "echo tries; python3 -c 'import time; x = bytes([1]) * (200 << 20); time.sleep(1)'"
CAUSES = "[out-of-memory, timeout, node, preempted]"


def only(project: Project) -> dict[str, Any]:
    stage: dict[str, Any] = project.last()["stages"][0]
    return stage


@pytest.mark.parametrize("place", ["far"], indirect=True)
def test_too_little_memory_is_followed_by_twice_as_much_and_both_are_shown(project: Project, place: str) -> None:
    asks = "{target: there, resources: {mem: 150M, cpus: 1}}"
    project.write("w.yml", f'stages: [{{name: a, runs-on: {asks}, retry: {{attempts: 2, delay: 0}}, bash: "{HOG}"}}]')
    said = project.call("run", "w.yml")
    assert said.code == 0, said
    (again,) = (line for line in said.out.splitlines() if "to be tried again" in line)
    assert "in 0.0s, with mem 300M instead of 150M: on target 'there': job" in again
    assert (only(project)["attempt"], only(project)["asks"]["mem"]) == (2, 300 * MIB)
    assert "attempt 2, with mem 300M instead of 150M" in project.call("show").out
    titles = [line for line in project.call("log").out.splitlines() if line.startswith("==>") and "stdout" in line]
    assert titles == ["==> a 0.1 stdout", "==> a 0.2 stdout (with mem 300M instead of 150M)"]


@pytest.mark.parametrize("place", ["folder", "host"], indirect=True)
def test_too_little_time_is_followed_by_twice_as_much_where_nobody_schedules_too(
    project: Project, place: str, tmp_path: Path
) -> None:
    asks = "{target: there, resources: {time: 4s}}"
    text = f"echo x >>'{tmp_path}/log'; [ $(wc -l <'{tmp_path}/log') = 2 ] || sleep 60"
    write = f'stages: [{{name: a, runs-on: {asks}, retry: {{attempts: RETRIES, delay: 0}}, bash: "{text}"}}]'
    project.write("w.yml", write.replace("RETRIES", "0"))
    assert project.call("run", "w.yml").code == 1
    error = only(project)["error"]
    assert error["cause"] == "timeout"
    assert error["message"] == "on target 'there': it needed more time than it had asked for (4s)"
    (tmp_path / "log").unlink()
    project.write("w.yml", write.replace("RETRIES", "1"))
    assert project.call("run", "w.yml").code == 0
    assert (only(project)["attempt"], only(project)["asks"]) == (2, {"time": 8})


@pytest.mark.parametrize("place", ["folder", "host"], indirect=True)
def test_what_had_too_little_time_leaves_nothing_running(project: Project, place: str, tmp_path: Path) -> None:
    text = f"setsid bash -c 'echo $$ >>{tmp_path}/pids; exec sleep 300' & sleep 60"
    asks = "{target: there, resources: {time: 4s}}"
    project.write("w.yml", f'stages: [{{name: a, runs-on: {asks}, bash: "{text}"}}]')
    assert project.call("run", "w.yml").code == 1
    assert only(project)["error"]["cause"] == "timeout"
    assert not any(map(lives, pids_in(tmp_path / "pids", 1)))


@pytest.mark.parametrize("place", ["folder"], indirect=True)
def test_what_is_more_than_the_machine_has_is_refused_in_words_that_help(project: Project, place: str) -> None:
    project.write("w.yml", "stages: [{name: a, runs-on: {target: there, resources: {cpus: 9000}}, bash: a}]")
    assert project.call("run", "w.yml").code == 1
    said = only(project)["error"]["message"]
    assert said.startswith("on target 'there': it asks for 9000 cpus, and there are ")
    assert said.endswith(": let it ask for less")


@pytest.mark.parametrize("place", ["cluster"], indirect=True)
@pytest.mark.parametrize("rule", ["attempts: 0", "{attempts: 2, on: [timeout, exit, node], delay: 0}"])
def test_only_the_causes_of_the_rule_are_tried_again(project: Project, place: str, rule: str) -> None:
    rule = rule if rule.startswith("{") else f"{{{rule}}}"
    asks = "{target: there, resources: {mem: 150M, cpus: 1}}"
    project.write("w.yml", f'stages: [{{name: a, runs-on: {asks}, retry: {rule}, bash: "{HOG}"}}]')
    assert project.call("run", "w.yml").code == 1
    assert (only(project)["attempt"], only(project)["asks"]) == (1, None)
    assert only(project)["error"]["cause"] == "out-of-memory"


@pytest.mark.parametrize("place", ["cluster"], indirect=True)
def test_what_the_cluster_refuses_is_told_once(project: Project, place: str) -> None:
    asks = "{target: there, resources: {partition: nowhere}}"
    project.write("w.yml", f"stages: [{{name: a, runs-on: {asks}, bash: a}}]")
    assert project.call("run", "w.yml").code == 1
    assert only(project)["error"]["message"].startswith("on target 'there': Slurm refuses the job: sbatch: error: ")


@pytest.mark.parametrize("place", ["cluster"], indirect=True)
def test_an_engine_that_is_started_again_asks_for_more_too(project: Project, place: str) -> None:
    asks = "{target: there, resources: {mem: 150M, cpus: 1}}"
    project.write("w.yml", f'stages: [{{name: a, runs-on: {asks}, retry: {{attempts: 1, delay: 5}}, bash: "{HOG}"}}]')
    call = project.begin("run", "w.yml")
    until(lambda: project.call("show").code == 0 and only(project)["waiting"] == "retry")
    end(call, signal.SIGKILL)
    assert project.call("resume").code == 0
    assert only(project)["asks"]["mem"] == 300 * MIB


@pytest.mark.parametrize("place", ["cluster"], indirect=True)
def test_a_lost_node_is_followed_by_another_one(
    project: Project, place: str, slurm_nodes: list[str], tmp_path: Path
) -> None:
    where = tmp_path / "where"
    text = f"echo $SLURMD_NODENAME >>'{where}'; [ $(wc -l <'{where}') = 2 ] || sleep 300"
    asks = "{target: there, resources: {mem: 50M, cpus: 1}}"
    rule = f"{{attempts: 1, delay: 0, on: {CAUSES}}}"
    project.write("w.yml", f'stages: [{{name: a, runs-on: {asks}, retry: {rule}, bash: "{text}"}}]')
    call = project.begin("run", "w.yml")
    until(where.exists, 60)
    lost = where.read_text().strip()
    subprocess.run(["scontrol", "update", f"nodename={lost}", "state=down", "reason=test"], check=True)
    try:
        assert end(call).code == 0
    finally:
        subprocess.run(["scontrol", "update", f"nodename={lost}", "state=resume"], check=False, capture_output=True)
    first, second = where.read_text().split()
    assert first == lost != second
    assert only(project)["asks"]["sbatch_opts"] == [f"--exclude={lost}"]
    assert f"with a node other than {lost}" in project.call("show").out


@pytest.mark.parametrize(
    ("cause", "asked", "words"),
    [
        (Cause.OUT_OF_MEMORY, {"mem": 200 * MIB, "time": 60}, "mem 200M instead of 100M"),
        (Cause.TIMEOUT, {"mem": 100 * MIB, "time": 120}, "time 2m instead of 1m"),
        (Cause.NODE, {"mem": 100 * MIB, "time": 60, "sbatch_opts": ("--exclude=n7",)}, "a node other than n7"),
        (Cause.PREEMPTED, None, ""),
        (Cause.CANCELED, None, ""),
        (Cause.TASK, None, ""),
    ],
)
def test_what_failed_for_want_of_something_leaves_what_the_next_attempt_asks_for(
    cause: Cause, asked: dict[str, Any] | None, words: str, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"bash": "true", "runs-on": {"target": "c", "resources": {"mem": "100M", "time": "1m"}}}
    porter, results = Porter(), list[TaskResult]()
    task = ElsewhereTask(BashStage, Tools(places=porter))
    task.begin(placed(settings, tmp_path), results.append)
    porter.errands[0].answer(Ending(failure=Failure("no", cause), node="n7"))
    assert results[0].context == ({} if asked is None else {"asks": {"resources": asked, "words": words}})
    task.begin(placed({**settings, **results[0].context}, tmp_path), results.append)
    again = porter.errands[1]
    assert msgspec.to_builtins(again.resources) == (asked or {"mem": 100 * MIB, "time": 60})
    assert again.grown == bool(words)
    assert [file.read_text() for file in tmp_path.glob("asks")] == [words] * bool(words)
