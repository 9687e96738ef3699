"""Runs that are interrupted, killed, doubled: nothing is lost, nothing is repeated, nothing is left running."""

import signal
import subprocess

import pytest

from tests.contract.cli.calling import Project, end, statuses, until
from tests.contract.cli.workflows import LOOP, SLOW, STUBBORN
from tests.proc import proc_files


@pytest.fixture
def slow(project: Project) -> Project:
    project.write("w.yml", SLOW)
    return project


def trace(project: Project) -> list[str]:
    path = project.folder / "trace"
    return path.read_text().split() if path.exists() else []


def begun(project: Project, *arguments: str) -> "subprocess.Popen[str]":
    """A call that has come to the slow stage, once more than before."""
    times = trace(project).count("slow")
    process = project.begin(*arguments)
    until(lambda: trace(project).count("slow") > times)
    return process


def left_running(project: Project) -> list[str]:
    """The processes that work in the project's folder."""
    found = []
    for cwd in proc_files("cwd"):
        try:
            if cwd.readlink() == project.folder:
                found.append((cwd.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_in_order_and_says_how_to_go_on(slow: Project, number: signal.Signals) -> None:
    said = end(begun(slow, "run", "w.yml"), number)
    assert said.code == 130
    (run,) = slow.runs()
    assert f"Go on:  stageline resume {run['id']}" in said.err
    assert (run["status"], run["working"]) == ("PAUSED", False)
    assert left_running(slow) == []

    slow.write("go", "")
    assert slow.call("resume").code == 0
    assert slow.last()["status"] == "SUCCEEDED"
    assert trace(slow) == ["first", "slow", "slow", "last"]


def test_the_second_signal_kills_at_once(project: Project) -> None:
    project.write("w.yml", STUBBORN)
    process = begun(project, "run", "w.yml")
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    lines = iter(process.stdout)
    assert any("paused" in line for line in lines)
    said = end(process, signal.SIGINT)
    assert (said.code, said.err) == (130, "")
    until(lambda: left_running(project) == [], 10)
    assert project.runs()[0]["working"] is False


def test_a_killed_run_is_shown_as_left_alone_and_resumed_where_it_was(slow: Project) -> None:
    process = begun(slow, "run", "w.yml")
    end(process, signal.SIGKILL)
    (run,) = slow.runs()
    assert (run["status"], run["working"]) == ("RUNNING", False)
    assert "nobody works on it" in slow.call("list").out
    assert f"stageline resume {run['id']}" in slow.call("status").out

    slow.write("go", "")
    said = slow.call("resume", run["id"][:6])
    assert said.code == 0
    assert trace(slow) == ["first", "slow", "slow", "last"]
    assert statuses(slow.last()) == {"first": "SUCCEEDED", "slow": "SUCCEEDED", "last": "SUCCEEDED"}
    until(lambda: left_running(slow) == [], 10)


def test_a_canceled_run_goes_on_with_what_was_canceled(slow: Project) -> None:
    process = begun(slow, "run", "w.yml")
    run = slow.runs()[0]["id"]
    assert slow.call("cancel", run).code == 0
    said = end(process)
    assert said.code == 130
    assert f"stageline resume {run}" in said.err
    assert slow.last()["status"] == "CANCELED"
    slow.write("go", "")
    assert slow.call("resume").code == 0
    assert trace(slow) == ["first", "slow", "slow", "last"]


def test_several_runs_at_once_leave_each_other_alone(slow: Project) -> None:
    first, second = begun(slow, "run", "w.yml"), begun(slow, "run", "w.yml")
    end(second, signal.SIGINT)
    assert [run["status"] for run in slow.runs()] == ["PAUSED", "RUNNING"]
    slow.write("go", "")
    assert end(first).code == 0
    assert [run["status"] for run in slow.runs()] == ["PAUSED", "SUCCEEDED"]
    assert trace(slow) == ["first", "slow", "first", "slow", "last"]


def test_a_run_that_another_process_has_is_watched(slow: Project) -> None:
    first = begun(slow, "run", "w.yml")
    second = slow.begin("resume")
    until(lambda: len(left_running(slow)) > 2)
    slow.write("go", "")
    assert (end(first).code, end(second).code) == (0, 0)
    assert trace(slow) == ["first", "slow", "last"]


def test_a_watched_run_is_taken_over_when_its_process_dies(slow: Project) -> None:
    first = begun(slow, "run", "w.yml")
    second = slow.begin("resume")
    until(lambda: len(left_running(slow)) > 2)
    end(first, signal.SIGKILL)
    until(lambda: trace(slow).count("slow") == 2)
    slow.write("go", "")
    assert end(second).code == 0
    assert trace(slow) == ["first", "slow", "slow", "last"]


def test_what_has_ended_well_is_not_resumed(slow: Project) -> None:
    slow.write("go", "")
    slow.call("run", "w.yml")
    said = slow.call("resume")
    assert (said.code, "has ended already" in said.err) == (0, True)
    assert slow.call("resume", "--json").json["status"] == "SUCCEEDED"
    assert trace(slow) == ["first", "slow", "last"]


def test_a_loop_that_was_stopped_goes_on_with_the_item_that_was_not_finished(project: Project) -> None:
    project.write("w.yml", LOOP)
    end(begun(project, "run", "w.yml"), signal.SIGINT)
    project.write("go", "")
    assert project.call("resume").code == 0
    assert trace(project) == ["one", "slow", "slow", "three"]


def test_the_state_that_the_last_line_tells_is_that_of_the_store(slow: Project) -> None:
    said = end(begun(slow, "run", "w.yml"), signal.SIGINT)
    assert said.out.splitlines()[-1] == "PAUSED"
    assert slow.call("show").out.split()[1] == "PAUSED"


def test_each_run_is_worked_on_by_the_process_that_was_asked_for_it(slow: Project) -> None:
    slow.write("who.yml", "name: who\nstages:\n  - name: who\n    bash: echo $WHO\n")
    busy = slow.begin("run", "w.yml", env={"WHO": "somebody else"})
    until(lambda: "slow" in trace(slow))
    said = end(slow.begin("run", "who.yml", "--json", env={"WHO": "me"}))
    assert said.json["stages"][0]["outputs"]["stdout"] == "me\n"
    end(busy, signal.SIGINT)
