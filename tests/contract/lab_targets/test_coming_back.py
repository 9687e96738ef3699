"""Runs on targets through the installed program: detached, killed, taken up again, canceled, looked at by cron."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from tests.contract.cli.calling import Project, Said, end, statuses, until
from tests.contract.lab.lab_runs import Bench
from tests.contract.lab_targets.ways import lines

pytestmark = pytest.mark.timeout(300)  # a cluster that others use lets jobs wait
SLOW = """
@stage(outputs={"x": "$out/x"}, params={"n": 0, "times": ""})
def work(inputs, outputs, params):
    return f'''
    echo begun >> "${{params[times]}}"
    until [[ -e "${{params[times]}}.go" ]]; do sleep 0.1; done
    echo {params.n} > "{outputs.x}"'''

@stage(inputs={"x": ""}, outputs={"y": "$out/y"})
def after(inputs, outputs, params):
    return f'''cat "{inputs.x}" > "{outputs.y}"'''

@pipeline
def chain():
    return after(work())

lab = Lab(version="1", runs=[Run("slow", chain, params={"n": [1, 2], "times": [TIMES]})])
"""
CONFIG = """
[targets.here]
base_path = "{base}"

[targets.ssh]
address = "one"
base_path = "{base}"
ssh_options = ["-F", "{config}"]

[targets.slurm]
base_path = "{base}"
scheduler = "slurm"

[targets.ssh-slurm]
address = "one"
base_path = "{base}"
ssh_options = ["-F", "{config}"]
scheduler = "slurm"
"""


class Slow:
    """A project with a Lab of which the jobs wait until they are let go."""

    def __init__(self, project: Project, bench: Bench, base: Path, target: str) -> None:
        self.project = project
        self.base = base
        self.target = target
        self.times = bench.folder.parent / "times"
        bench.build(SLOW.replace("TIMES", repr(str(self.times))))
        self.bench = bench

    def begin(self) -> subprocess.Popen[str]:
        """Begin the run, and wait until both jobs are at work."""
        process = self.project.begin("run", "--lab", "result", "--target", self.target, "-j", "2")
        until(lambda: len(lines(self.times)) == 2 or process.poll() is not None, 200)
        assert process.poll() is None, end(process)
        return process

    def go(self) -> None:
        Path(f"{self.times}.go").touch()

    def call(self, *words: str) -> Said:
        return self.project.call(*words)

    @property
    def results(self) -> set[str]:
        jobs = [job for job in self.bench.plan.jobs.values() if job.stage == "after"]
        paths = [Path(self.bench.lab.out(job), "y") for job in jobs]
        return {path.read_text().strip() for path in paths if path.exists()}


@pytest.fixture
def slow(request: pytest.FixtureRequest, tmp_path: Path, host_tools: HostTools, base: Path) -> Iterator[Slow]:
    config = request.getfixturevalue("ssh_config") if "ssh" in request.param else "none"
    if "slurm" in request.param:
        request.getfixturevalue("slurm_nodes")
    bench = Bench(tmp_path / "a project", host_tools)
    folders = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    project = Project(bench.folder, folders)
    made = Slow(project, bench, base / "x", request.param)
    project.write("stageline.toml", CONFIG.format(base=base / "x", config=config))
    yield made
    made.go()
    project.close()


@pytest.mark.parametrize("slow", ["here", "ssh-slurm"], indirect=True)
def test_ctrl_c_leaves_the_jobs_and_resume_comes_back_to_them(slow: Slow) -> None:
    said = end(slow.begin(), signal.SIGINT)
    assert said.code == 130, said
    assert f"left: what runs on {slow.target} goes on there. Come back:  stageline resume" in said.err
    assert [run["status"] for run in slow.project.runs()] == ["RUNNING"]
    slow.go()
    said = slow.call("resume")
    assert said.code == 0, said
    assert (slow.results, lines(slow.times)) == ({"1", "2"}, ["begun"] * 2)


@pytest.mark.parametrize("slow", ["ssh", "slurm"], indirect=True)
def test_a_killed_controller_is_replaced_by_the_next_run(slow: Slow) -> None:
    end(slow.begin(), signal.SIGKILL)
    slow.go()
    said = slow.call("run", "--lab", "result", "--target", slow.target)
    assert said.code == 0, said
    assert (slow.results, lines(slow.times)) == ({"1", "2"}, ["begun"] * 2)


@pytest.mark.parametrize("slow", ["ssh", "slurm"], indirect=True)
def test_what_was_left_is_canceled_there(slow: Slow) -> None:
    end(slow.begin(), signal.SIGINT)
    said = slow.call("cancel", slow.project.runs()[0]["id"])
    assert (said.code, "CANCELED" in said.out) == (0, True), said
    assert list(slow.base.glob("homes/*/run/*")) == []
    assert not list(Path(next(slow.base.glob("homes/*"))).glob("records/*.json"))
    slow.go()
    said = slow.call("run", "--lab", "result", "--target", slow.target)
    assert said.code == 0, said
    assert (slow.results, len(lines(slow.times))) == ({"1", "2"}, 4)


@pytest.mark.parametrize("slow", ["here", "ssh-slurm"], indirect=True)
def test_cron_can_see_to_a_run_alone(slow: Slow) -> None:
    end(slow.begin(), signal.SIGINT)
    run = slow.project.runs()[0]["id"]
    said = slow.call("tick")
    assert (said.code, said.out) == (0, f"{run}  RUNNING  on {slow.target}\n"), said
    assert len(lines(slow.times)) == 2
    said = slow.call("tick", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")
    slow.go()

    def has_ended() -> bool:
        said = slow.call("tick", "--json")
        assert said.code == 0, said
        return bool(said.json["runs"][0]["status"] == "SUCCEEDED")

    until(has_ended)
    assert (slow.results, len(lines(slow.times))) == ({"1", "2"}, 2)
    assert slow.call("tick").out == "no runs on targets are left to anybody\n"


@pytest.mark.parametrize("slow", ["here", "slurm"], indirect=True)
def test_cancel_reaches_the_jobs_of_a_run_that_is_watched(slow: Slow) -> None:
    process = slow.begin()
    slow.call("cancel", slow.project.runs()[0]["id"])
    said = end(process)
    assert said.code == 130, said
    assert list(slow.base.glob("homes/*/run/*")) == []
    assert statuses(slow.project.last()) is not None


@pytest.mark.parametrize("slow", ["here"], indirect=True)
@pytest.mark.parametrize("by", ["resume", "cancel"])
def test_a_project_that_was_moved_meanwhile_finds_its_run(slow: Slow, by: str) -> None:
    end(slow.begin(), signal.SIGKILL)
    moved = slow.project.folder.with_name("a moved project")
    slow.project.folder.rename(moved)
    project = Project(moved, slow.project.env)
    if by == "cancel":
        said = project.call("cancel", project.runs()[0]["id"])
        assert (said.code, list(slow.base.glob("homes/*/run/*"))) == (0, []), said
        return
    slow.go()
    said = project.call("resume")
    assert said.code == 0, said
    made = {path.read_text().strip() for path in moved.glob(".stageline/jobs/*-after-*/out/y")}
    assert (made, lines(slow.times)) == ({"1", "2"}, ["begun"] * 2)
    assert "succeeded" in project.call("show").out.lower()
