"""Jobs that wait for room are shown as waiting, wherever a run is shown, and are said to have begun when they have."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.contract.cli.calling import Project, end, until
from tests.contract.cli.terminal import Terminal

LAB = '''
from stageline.lab import Lab, Run, pipeline, scatter_gather, stage

@stage(outputs={"x": "$out/x"}, params={"n": 0})
def work(inputs, outputs, params):
    return f"""
    touch "$out/../../../begun"
    until [[ -e "$out/../../../go" ]]; do sleep 0.02; done
    echo {params.n} > "{outputs.x}"
    """

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f"""jq -n '[range(4) | {{n: .}}]' > "{outputs.work__items}" """

@stage(inputs={"worker__item": ""}, outputs={"part": "$out/part"})
def worker(inputs, outputs, params):
    return f"""
    touch "$out/../../../begun"
    until [[ -e "$out/../../../go" ]]; do sleep 0.02; done
    jq .n "{inputs.worker__item}" > "{outputs.part}"
    """

@stage(inputs={"worker__outs": ""}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f"""jq length "{inputs.worker__outs}" > "{outputs.all}" """

sums = scatter_gather("sums", scatter=scatter, worker=worker, gather=gather)
lab = Lab(version="1", runs=[Run("many", work, params={"n": [1, 2, 3, 4]}), Run("scattered", sums)])
'''


def building(project: Project) -> Project:
    project.write("lab.py", LAB)
    said = project.call("build", "--no-check")
    assert said.code == 0, said
    return project


def scripts(stages: list[Any]) -> Iterator[Any]:
    """All stages of a run that stand for a script, with those inside others."""
    for stage in stages:
        if stage["kind"] in ("lab.job", "lab.part"):
            yield stage
        yield from scripts(stage["stages"])


def states(project: Project) -> Counter[tuple[str, str | None]]:
    return Counter((stage["status"], stage["waiting"]) for stage in scripts(project.last()["stages"]))


def test_who_looks_on_sees_which_jobs_wait(project: Project) -> None:
    running = building(project).begin("run", "many", "--lab", "result", "-j", "1")
    until((project.folder / ".stageline/begun").exists)
    assert states(project) == {("RUNNING", None): 1, ("RUNNING", "room"): 3}
    shown = project.call("show").out
    assert shown.count("waits for room") == 3
    assert shown.count("▶") == 1
    project.write(".stageline/go", "")
    said = end(running)
    assert said.code == 0, said
    assert states(project) == {("SUCCEEDED", None): 4}


def test_parts_of_a_scatter_gather_wait_too(project: Project) -> None:
    running = building(project).begin("run", "scattered", "--lab", "result", "-j", "1")
    until((project.folder / ".stageline/begun").exists)
    assert states(project) == {("SUCCEEDED", None): 1, ("RUNNING", None): 1, ("RUNNING", "room"): 3}
    project.write(".stageline/go", "")
    assert end(running).code == 0


def test_a_job_is_said_to_have_started_when_it_has(project: Project) -> None:
    running = building(project).begin("run", "many", "--lab", "result", "-j", "1")
    until((project.folder / ".stageline/begun").exists)
    until(lambda: states(project)["RUNNING", "room"] == 3)
    said = end(running, signal.SIGINT)
    assert [line.split()[1] for line in said.out.splitlines() if "work-" in line] == ["started"]


def test_each_job_is_said_to_have_started_before_it_has_ended(project: Project) -> None:
    building(project).write(".stageline/go", "")
    said = project.call("run", "many", "--lab", "result", "-j", "1")
    lines = [line.split()[1:3] for line in said.out.splitlines() if "work-" in line]
    assert len(lines) == 8
    assert all(lines.index(["started", path]) < lines.index(["succeeded", path]) for _, path in lines)


def test_the_picture_of_a_run_tells_waiting_from_running(project: Project) -> None:
    building(project)
    terminal = Terminal(project, "run", "many", "--lab", "result", "-j", "1")
    terminal.until("waits for room")
    project.write(".stageline/go", "")
    assert terminal.end() == 0


def test_what_a_dead_run_had_begun_does_not_run(project: Project) -> None:
    """The list of what runs is that of the present run alone."""
    running = building(project).begin("run", "many", "--lab", "result", "-j", "1")
    until((project.folder / ".stageline/begun").exists)
    end(running, signal.SIGKILL)
    (project.folder / ".stageline/begun").unlink()
    going_on = project.begin("run", "many", "--lab", "result", "-j", "1")
    until((project.folder / ".stageline/begun").exists)
    assert states(project) == {("RUNNING", None): 1, ("RUNNING", "room"): 3}
    project.write(".stageline/go", "")
    assert end(going_on).code == 0
