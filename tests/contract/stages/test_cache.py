"""`cache: true`: what was done once with the same fields is not done again."""

from pathlib import Path
from typing import Any

import pytest

from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.stages.bash import BashStage
from stageline.stages.call import CallStage
from stageline.stages.definition import StageDefinition
from stageline.stages.kept_results import KeptResults
from stageline.stages.tools import Tools
from tests.contract.stages.running import run_stages

SKIPPED, SUCCEEDED, FAILED = Status.SKIPPED, Status.SUCCEEDED, Status.FAILED


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def done(cache: Path, stage: StageDefinition, secrets: dict[str, str] | None = None, **names: Any) -> Workflow:
    return run_stages([stage], Tools(cache=cache, secrets=secrets), **names)


def bash(text: str = "echo ${{ params.n }}", **fields: Any) -> BashStage:
    return BashStage(name="x", bash=text, cache=True, **fields)


def status(run: Workflow) -> Status:
    return run.stages[0].status


def test_the_second_time_its_outputs_are_there_without_it_running(cache: Path, tmp_path: Path) -> None:
    stage = bash(f"echo x >> {tmp_path}/times; echo done")
    first, second = done(cache, stage), done(cache, stage)
    assert [status(first), status(second)] == [SUCCEEDED, SKIPPED]
    assert second.stages[0].outputs == first.stages[0].outputs
    assert (tmp_path / "times").read_text() == "x\n"


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        (bash("echo  ${{ params.n }}"), {}),
        (bash(env={"A": "1"}), {}),
        (bash(), {"params": {"n": 2}}),
        (bash(), {"env": {"A": "1"}}),
        (bash(), {"folder": "/"}),
    ],
)
def test_whatever_decides_the_result_makes_it_run_again(cache: Path, stage: BashStage, names: dict[str, Any]) -> None:
    assert status(done(cache, bash(), params={"n": 1})) is SUCCEEDED
    assert status(done(cache, stage, **{"params": {"n": 1}, **names})) is SUCCEEDED


@pytest.mark.parametrize(
    "stage", [bash(desc="words"), bash(retry=3), bash(timeout=9), BashStage(name="y", bash=bash().bash, cache=True)]
)
def test_what_does_not_decide_it_does_not(cache: Path, stage: BashStage) -> None:
    assert status(done(cache, bash(), params={"n": 1})) is SUCCEEDED
    assert status(done(cache, stage, params={"n": 1, "m": 2})) is SKIPPED


def test_a_failure_is_not_kept(cache: Path) -> None:
    assert [status(done(cache, bash("exit 1"))) for _ in range(2)] == [FAILED, FAILED]


def test_a_secret_is_in_no_key(cache: Path) -> None:
    stage = bash("test -n '${{ secrets.TOKEN }}'")
    assert status(done(cache, stage, {"TOKEN": "one"})) is SUCCEEDED
    assert status(done(cache, stage, {"TOKEN": "two"})) is SKIPPED


def test_a_function_that_was_changed_is_called_again(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("def one():\n    return 1\n")
    stage = CallStage(name="x", uses="tasks/one@latest", cache=True)
    results = [status(done(cache, stage, folder=str(tmp_path))) for _ in range(2)]
    (tmp_path / "tasks.py").write_text("def one():\n    return 2\n")
    results.append(status(done(cache, stage, folder=str(tmp_path))))
    assert results == [SUCCEEDED, SKIPPED, SUCCEEDED]


def test_a_result_that_cannot_be_read_is_none(cache: Path) -> None:
    done(cache, bash("echo"))
    (file,) = cache.rglob("*.json")
    file.write_text("{")
    assert KeptResults(cache).find(file.stem) is None
    assert status(done(cache, bash("echo"))) is SUCCEEDED


def test_without_a_folder_for_it_nothing_is_kept() -> None:
    assert [status(run_stages([bash("echo")])) for _ in range(2)] == [SUCCEEDED, SUCCEEDED]
