"""Looking at what was run: list, show, log, status; and deleting it."""

import os
import time
from pathlib import Path

import pytest

from stageline import StageExecution, Workflow, open_store
from tests.contract.cli.calling import Project, end, until
from tests.contract.cli.workflows import FAILING, GREETING, SLOW, TWICE


def test_a_list_has_the_newest_run_first(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.write("f.yml", FAILING)
    project.call("run", "w.yml")
    project.call("run", "f.yml")
    runs = project.runs()
    assert [(run["name"], run["status"]) for run in runs] == [("failing", "FAILED"), ("greeting", "SUCCEEDED")]
    assert {"id", "name", "status", "started_at", "ended_at"} <= runs[0].keys()
    assert runs[0]["started_at"] < runs[0]["ended_at"]
    assert [line.split()[0] for line in project.call("list").out.splitlines()] == ["RUN", runs[0]["id"], runs[1]["id"]]
    assert len(project.call("list", "--json", "--limit", "1").json["runs"]) == 1
    assert [run["name"] for run in project.call("list", "--json", "--status", "failed").json["runs"]] == ["failing"]
    said = project.call("list", "--status", "faild")
    assert (said.code, "did you mean 'FAILED'" in said.err) == (2, True)


def test_where_nothing_was_run_the_list_is_empty_and_nothing_is_made(project: Project) -> None:
    assert project.call("list", "--json").json == {"runs": []}
    assert project.call("status", "--json").json["running"] == []
    for command in (["show"], ["log"], ["resume"], ["retry"], ["cancel", "x"], ["gc"]):
        said = project.call(*command)
        assert (said.code, "no runs are kept here" in said.err) == (2, True), command
    assert list(project.folder.iterdir()) == []


def test_the_beginning_of_an_id_is_enough_and_when_several_begin_so_they_are_named(project: Project) -> None:
    (project.folder / ".stageline").mkdir()
    store = open_store(str(project.folder / ".stageline" / "stageline.db"))
    for id in ("abc1", "abc2", "xyz"):
        store.store(Workflow.create(f"w-{id}", [StageExecution(ref_id="a", type="noop")], id=id))
    store.close()
    assert project.call("show", "x", "--json").json["id"] == "xyz"
    assert project.call("show", "--json").json["id"] == "xyz"
    said = project.call("show", "ab")
    assert (said.code, "abc2, abc1" in said.err) == (2, True)
    said = project.call("show", "xzy")
    assert (said.code, "did you mean 'xyz'" in said.err) == (2, True)


def test_show_prints_the_tree(project: Project) -> None:
    project.write("f.yml", FAILING)
    project.call("run", "f.yml")
    said = project.call("show")
    lines = said.out.splitlines()
    assert lines[1].strip().startswith("✓ first (bash)")
    assert "      ✗ inner (bash)" in said.out
    assert "cause  the script ended with exit code 1" in said.err


def test_log_prints_what_was_said_of_all_stages_or_one(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.call("run", "w.yml")
    run = project.runs()[0]["id"]
    assert "==> say 0.1 stdout\nhello world 2\n" in project.call("log").out
    assert project.call("log", run, "nested/1/inner").out == "==> nested/1/inner 0.1 stdout\nb\n"
    assert "==> nested/0/inner" in project.call("log", run, "nested").out
    said = project.call("log", run, "nestd")
    assert (said.code, "did you mean 'nested'" in said.err) == (2, True)


def test_log_tells_the_executions_of_a_stage_apart(project: Project) -> None:
    project.write("w.yml", TWICE)
    project.call("run", "w.yml")
    assert project.call("log").out == "==> twice 0.1 stdout\nfirst\n==> twice 0.2 stdout\nsecond\n"


def test_log_reads_a_first_execution_that_has_a_folder_below_its_stage(project: Project) -> None:
    project.write("w.yml", TWICE)
    project.call("run", "w.yml")
    said = project.call("log").out
    stage = project.folder / ".stageline" / "runs" / project.runs()[0]["id"] / "twice"
    (stage / "0.1").mkdir()
    for name in ("stdout", "stderr"):
        (stage / name).rename(stage / "0.1" / name)
    assert project.call("log").out == said


def test_log_follows_until_the_run_has_ended(project: Project) -> None:
    project.write("w.yml", SLOW)
    process = project.begin("run", "w.yml")
    until(lambda: project.runs() and project.runs()[0]["status"] == "RUNNING")
    follower = project.begin("log", project.runs()[0]["id"], "slow", "-f")
    assert follower.stdout is not None
    assert follower.stdout.readline() == "==> slow 0.1 stdout\n"
    assert follower.stdout.readline() == "waiting\n"
    project.write("go", "")
    assert end(process).code == 0
    assert end(follower).code == 0


def test_status_counts_and_names_what_has_not_ended(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.call("run", "w.yml")
    status = project.call("status", "--json").json
    assert (status["counts"], status["running"]) == ({"SUCCEEDED": 1}, [])
    assert "1 SUCCEEDED" in project.call("status").out


def aged(project: Project, days: float) -> None:
    """Make all files of runs look older."""
    then = time.time() - days * 86_400
    for path in (project.folder / ".stageline" / "runs").rglob("*"):
        os.utime(path, (then, then))


@pytest.fixture
def three(project: Project) -> Project:
    project.write("w.yml", GREETING)
    for _ in range(3):
        project.call("run", "w.yml")
    return project


def folders(project: Project) -> set[str]:
    return {path.name for path in Path(project.folder / ".stageline" / "runs").iterdir()}


def test_gc_keeps_the_newest_and_deletes_the_others_with_their_logs(three: Project) -> None:
    ids = [run["id"] for run in three.runs()]
    dry = three.call("gc", "--keep", "1", "--dry-run", "--json").json
    assert (dry["runs"], dry["dry_run"], dry["bytes"] > 0) == (ids[1:], True, True)
    assert (len(three.runs()), folders(three)) == (3, set(ids))
    assert three.call("gc", "--keep", "1").code == 0
    assert [run["id"] for run in three.runs()] == ids[:1]
    assert folders(three) == set(ids[:1])


def test_gc_by_age_touches_only_what_is_older(three: Project) -> None:
    assert three.call("gc", "--older-than", "1h", "--json").json["runs"] == []
    assert len(three.call("gc", "--older-than", "0s", "--keep", "2", "--json").json["runs"]) == 1
    said = three.call("gc", "--older-than", "soon")
    assert (said.code, "30d" in said.err) == (2, True)


def test_gc_without_a_choice_deletes_no_run(three: Project) -> None:
    assert three.call("gc", "--json").json["runs"] == []
    assert len(three.runs()) == 3


def test_of_a_large_run_what_tells_most_is_shown_and_the_others_are_counted(project: Project) -> None:
    text = (
        'name: w\nstages:\n  - name: loop\n    foreach: "${{ range(300) | list }}"\n    concurrent: 10\n    stages:\n'
    )
    project.write("w.yml", f'{text}      - name: inner\n        if: "${{{{ item != 7 }}}}"\n        echo: x\n')
    project.call("run", "w.yml")
    said = project.call("show").out.splitlines()
    assert len(said) < 210
    assert any("SUCCEEDED" in line and line.strip().startswith("… 2") for line in said)
    assert len(project.call("show", "--all").out.splitlines()) > 600


def test_an_item_is_shown_beside_its_number(project: Project) -> None:
    text = "name: w\nstages:\n  - name: loop\n    foreach: [a.csv, b.csv]\n    stages: [{name: inner, echo: x}]\n"
    project.write("w.yml", text)
    project.call("run", "w.yml")
    assert "    ✓ 1 b.csv 0." in project.call("show").out
