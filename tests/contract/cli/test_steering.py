"""Steering runs from another terminal: pause, resume, cancel, signal, retry; and workers that do the work."""

import signal

from tests.contract.cli.calling import Project, end, statuses, until
from tests.contract.cli.workflows import ASKING, FLAKY, SLOW


def test_a_paused_run_starts_nothing_until_it_is_resumed(project: Project) -> None:
    project.write("w.yml", SLOW)
    process = project.begin("run", "w.yml")
    until((project.folder / "trace").exists)
    run = project.runs()[0]["id"]
    said = project.call("pause", run)
    assert (said.code, f"run {run}: PAUSED" in said.out) == (0, True)
    project.write("go", "")
    until(lambda: statuses(project.last())["slow"] == "SUCCEEDED" or statuses(project.last())["slow"] == "NOT_STARTED")
    assert statuses(project.last())["last"] == "NOT_STARTED"
    assert project.call("resume", run).code == 0
    assert end(process).code == 0
    assert statuses(project.last())["last"] == "SUCCEEDED"


def test_a_stage_that_waits_is_signaled_with_values(project: Project) -> None:
    project.write("w.yml", ASKING)
    process = project.begin("run", "w.yml")
    until(lambda: project.runs() and statuses(project.last())["gate"] == "SUSPENDED")
    run = project.runs()[0]["id"]
    assert "did you mean 'gate'" in project.call("signal", run, "gat").err
    assert project.call("signal", run, "gate", "approved=true", "by=me").code == 0
    said = end(process)
    assert said.code == 0
    assert f"for a signal: stageline signal {run} gate" in said.out
    assert project.last()["stages"][1]["outputs"]["stdout"] == "after me\n"


def test_a_signal_may_be_a_json_object(project: Project) -> None:
    project.write("w.yml", ASKING)
    process = project.begin("run", "w.yml")
    until(lambda: project.runs() and statuses(project.last())["gate"] == "SUSPENDED")
    run = project.runs()[0]["id"]
    wrong = project.call("signal", run, "gate", "--json", "[1]")
    assert (wrong.code, "takes a JSON object" in wrong.err) == (2, True)
    project.call("signal", run, "gate", "--json", '{"approved": false}')
    assert end(process).code == 1


def test_a_run_that_nobody_works_on_can_be_canceled(project: Project) -> None:
    project.write("w.yml", SLOW)
    process = project.begin("run", "w.yml")
    until(lambda: "slow" in (project.folder / "trace").read_text() if (project.folder / "trace").exists() else False)
    end(process, signal.SIGKILL)
    run = project.runs()[0]["id"]
    said = project.call("cancel", run)
    assert (said.code, said.out) == (0, f"run {run}: CANCELED\n")
    assert "has ended already" in project.call("cancel", run).out


def test_a_failed_run_is_tried_again_with_other_parameters_and_what_succeeded_is_kept(project: Project) -> None:
    project.write("w.yml", FLAKY)
    assert project.call("run", "w.yml").code == 1
    assert "stageline retry" in project.call("resume").err
    assert project.call("retry").code == 1
    assert "did you mean 'limit'" in project.call("retry", "-p", "limt=9").err
    again = project.call("retry", "-p", "limit=9", "--json")
    assert again.code == 0
    assert (again.json["status"], again.json["params"]) == ("SUCCEEDED", {"limit": 9})
    assert (project.folder / "trace").read_text().split() == ["first", "second", "second", "second", "third"]
    assert project.call("retry", "--from", "third").code == 0
    assert (project.folder / "trace").read_text().split()[-2:] == ["third", "third"]


def test_a_run_that_has_not_ended_is_not_retried(project: Project) -> None:
    project.write("w.yml", SLOW)
    process = project.begin("run", "w.yml")
    until(lambda: project.runs() and project.runs()[0]["status"] == "RUNNING")
    said = project.call("retry")
    assert (said.code, "has not ended" in said.err) == (2, True)
    end(process, signal.SIGINT)


def test_a_worker_does_what_others_have_left(project: Project) -> None:
    project.write("w.yml", SLOW)
    process = project.begin("run", "w.yml")
    until(lambda: project.runs() and project.runs()[0]["status"] == "RUNNING")
    end(process, signal.SIGKILL)
    project.write("go", "")
    said = project.call("worker", "-j", "2", "--until-idle")
    assert (said.code, "2 tasks at a time" in said.err) == (0, True)
    assert project.last()["status"] == "SUCCEEDED"


def test_a_worker_that_is_stopped_lets_go_of_its_runs(project: Project) -> None:
    project.write("w.yml", SLOW)
    process = project.begin("run", "w.yml")
    until(lambda: project.runs() and project.runs()[0]["status"] == "RUNNING")
    end(process, signal.SIGKILL)
    worker = project.begin("worker")
    until(lambda: project.runs()[0]["working"])
    said = end(worker, signal.SIGTERM)
    assert (said.code, "for others to take up" in said.err) == (0, True)
    assert (project.runs()[0]["status"], project.runs()[0]["working"]) == ("RUNNING", False)
    project.write("go", "")
    assert project.call("resume").code == 0
