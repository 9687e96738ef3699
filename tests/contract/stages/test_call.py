"""The call stage: functions of the folder that the stage runs in, by their tags."""

from pathlib import Path

import pytest

from stageline.stages.call import CallStage
from stageline.stages.result import FAILED, SUCCESS

TASKS = """
from stageline import tag

@tag("tasks", alias="process_csv")
def process_csv_file(input_path: str, limit: int = 3) -> dict:
    print("at work")
    return {"path": input_path, "rows": limit}

@tag("tasks")
async def wait_a_little(seconds: float):
    import asyncio
    await asyncio.sleep(seconds)
    return seconds
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_function_is_found_by_its_alias_and_its_mapping_is_put_out() -> None:
    stage = CallStage(name="x", uses="tasks/process_csv@latest", args={"input_path": "${{ params.path }}"})
    result = stage.execute({"path": "in.csv"})
    assert (result.status, result.outputs) == (SUCCESS, {"path": "in.csv", "rows": 3})


def test_any_other_value_is_put_out_as_result() -> None:
    stage = CallStage(name="x", uses="tasks/wait_a_little@latest", args={"seconds": 0.01})
    assert stage.execute({}).outputs == {"result": 0.01}


@pytest.mark.parametrize(
    ("uses", "args", "said"),
    [
        ("tasks/proces_csv@latest", {}, "did you mean 'process_csv'"),
        ("tasks/process_csv@v9", {}, "v9"),
        ("taks/process_csv@latest", {}, "taks"),
        ("tasks/process_csv@latest", {"input": "x"}, "input_path"),
        ("tasks/process_csv@latest", {"input_path": "x", "limit": "many"}, "limit"),
    ],
)
def test_a_wrong_call_is_answered_with_what_is_there(uses: str, args: dict[str, object], said: str) -> None:
    result = CallStage(name="x", uses=uses, args=args).execute({})
    assert result.status is FAILED
    assert result.failure is not None
    assert said in str(result.failure)


def test_a_broken_module_reports_its_own_error(project: Path) -> None:
    (project / "tasks.py").write_text("import nothing_like_this\n")
    result = CallStage(name="x", uses="tasks/process_csv@latest").execute({})
    assert result.failure is not None
    assert "nothing_like_this" in str(result.failure)
