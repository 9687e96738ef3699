"""Kinds of one's own, in a module beside the workflow file: in a run, when it is resumed, and in a worker."""

import shutil
import signal

import pytest

from tests.contract.cli.calling import Project, end, until

PLUGIN = """\
import pathlib, time
from stageline.stages.base import BaseStage


class HoldStage(BaseStage):
    body = "hold"
    hold: str

    def process(self, params, run_id, context, *, event=None, **more):
        with open(pathlib.Path(self.hold).parent / "trace", "a") as trace:
            trace.write("held\\n")
        while not pathlib.Path(self.hold).exists():
            time.sleep(0.05)
            if event is not None and event.is_set():
                return None
        return {"held": self.hold}
"""


@pytest.fixture
def holding(project: Project) -> Project:
    project.write("kinds_of_mine.py", PLUGIN)
    go = project.folder / "go"
    project.write("w.yml", f"name: w\nplugins: [kinds_of_mine]\nstages:\n  - name: a\n    hold: {go}\n")
    return project


def test_a_kind_of_ones_own_runs(holding: Project) -> None:
    holding.write("go", "")
    run = holding.run("w.yml")
    assert (run["status"], run["stages"][0]["kind"]) == ("SUCCEEDED", "hold")


@pytest.mark.parametrize("command", [("resume",), ("worker", "--until-idle")])
def test_it_is_found_again_by_whoever_goes_on(holding: Project, command: tuple[str, ...]) -> None:
    process = holding.begin("run", "w.yml")
    until((holding.folder / "trace").exists)
    end(process, signal.SIGKILL)
    holding.write("go", "")
    assert holding.call(*command).code == 0
    assert holding.last()["status"] == "SUCCEEDED"


def test_a_module_that_is_gone_is_named(holding: Project) -> None:
    process = holding.begin("run", "w.yml")
    until((holding.folder / "trace").exists)
    end(process, signal.SIGKILL)
    (holding.folder / "kinds_of_mine.py").unlink()
    shutil.rmtree(holding.folder / "__pycache__", ignore_errors=True)
    said = holding.call("resume")
    assert (said.code, "'kinds_of_mine'" in said.err) == (2, True)
    assert holding.last()["status"] == "RUNNING"
