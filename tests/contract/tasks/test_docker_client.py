"""What the docker task asks of an engine, with a stand-in program on PATH: for what real engines do too seldom."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from stageline.model.failure import Cause
from stageline.model.status import Status
from stageline.tasks.docker import DockerTask
from tests.contract.tasks.running import Stages, execute, until

PROGRAM = """#!/bin/bash
printf '%s\\n' "$*" >>"{folder}/calls"
case $1 in
{cases}
esac
"""


class Engine:
    """A program called docker that notes its calls and answers as told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def answers(self, **cases: str) -> None:
        """What it does for each word that it is called with."""
        text = "\n".join(f"  {word}) {action} ;;" for word, action in cases.items())
        program = self.folder / "docker"
        program.write_text(PROGRAM.format(folder=self.folder, cases=text))
        program.chmod(0o755)

    def calls(self) -> list[str]:
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return Engine(tmp_path)


def test_docker_is_found_before_podman(engine: Engine, stages: Stages) -> None:
    engine.answers(run="echo hello")
    assert execute(DockerTask(), stages({"image": "i"})).outputs["stdout"] == "hello\n"


def test_an_engine_that_says_out_of_memory_is_believed(engine: Engine, stages: Stages) -> None:
    engine.answers(run="exit 137", inspect="echo true")
    result = execute(DockerTask(), stages({"image": "i", "memory": "1g"}))
    assert result.failure is not None
    assert result.failure.cause is Cause.OUT_OF_MEMORY


def test_an_engine_that_does_not_say_so_is_believed_too(engine: Engine, stages: Stages) -> None:
    engine.answers(run="exit 137", inspect="echo false")
    result = execute(DockerTask(), stages({"image": "i", "memory": "1g"}))
    assert result.failure is not None
    assert (result.failure.cause, result.failure.code) == (Cause.EXIT, 137)


def test_a_container_for_other_work_is_never_removed(engine: Engine, stages: Stages) -> None:
    engine.answers(run="echo 'name is already in use' >&2; exit 125", inspect="echo another-run/work")
    assert execute(DockerTask(), stages({"image": "i", "name": "n"})).status is Status.FAILED
    assert not [call for call in engine.calls() if call.startswith("rm")]


def test_a_container_that_appears_late_is_removed_after_a_cancel(engine: Engine, stages: Stages) -> None:
    once = f'if [ -e "{engine.folder}/late" ]; then echo run-1/work-1; else touch "{engine.folder}/late"; exit 1; fi'
    engine.answers(run="sleep 60", inspect=once)
    stage = stages({"image": "i", "name": "n"})
    waiter = threading.Thread(target=execute, args=(DockerTask(), stage))
    waiter.start()
    assert until(lambda: bool(engine.calls()))
    stage.execution.cancellation.cancel("enough")
    waiter.join(5)
    assert engine.calls()[-1] == "rm --force n"


def test_what_an_exec_started_is_killed_by_its_mark_after_a_cancel(engine: Engine, stages: Stages) -> None:
    engine.answers(exec='if [ "$2" = c ]; then exit; fi; sleep 60')
    stage = stages({"action": "exec", "container": "c", "command": "x"})
    waiter = threading.Thread(target=execute, args=(DockerTask(), stage))
    waiter.start()
    assert until(lambda: bool(engine.calls()))
    stage.execution.cancellation.cancel("enough")
    waiter.join(5)
    first, *_, last = engine.calls()
    assert first == "exec --env=STAGELINE_EXECUTION c sh -c x"
    assert last.endswith(f"STAGELINE_EXECUTION={stage.execution.folder}")
    assert "kill -KILL" in last
