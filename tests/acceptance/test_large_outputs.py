"""Values that are too large for a database arrive whole, wherever they are looked at."""

from pathlib import Path

from stageline import StageExecution, run
from tests.acceptance.stages import python, workflow

SIZE = 3_000_000
LARGE = python("large", f"RESULT = 'x' * {SIZE}")
MARK = {"$stageline.file": "0" * 64, "size": 1}


def test_they_reach_later_stages_and_the_caller(tmp_path: Path) -> None:
    result = run(workflow(LARGE, python("size", "RESULT = len(INPUT['result'])", "large")), f"{tmp_path}/runs.db")

    assert result.stage("size").outputs["result"] == SIZE
    assert result.stage("large").outputs["result"] == "x" * SIZE
    assert (tmp_path / "runs.db").stat().st_size < SIZE / 10


def test_a_store_in_memory_does_not_lose_them() -> None:
    assert run(workflow(LARGE)).stage("large").outputs["result"] == "x" * SIZE


def test_they_come_out_of_a_child_run() -> None:
    child = StageExecution(ref_id="child", type="workflow", context={"workflow": workflow(LARGE)})
    look = python("size", "RESULT = len(STAGES['child']['stages']['large']['outputs']['result'])", "child")

    result = run(workflow(child, look))

    assert result.stage("size").outputs["result"] == SIZE
    assert result.stage("child").outputs["stages"]["large"]["outputs"]["result"] == "x" * SIZE


def test_a_value_that_looks_like_our_reference_is_a_value() -> None:
    stages = python("odd", f"RESULT = {{'deep': {MARK}, 'list': [{MARK}]}}"), python("see", "RESULT = INPUT", "odd")

    result = run(workflow(*stages))

    assert result.stage("odd").outputs["result"] == {"deep": MARK, "list": [MARK]}
    assert result.stage("see").outputs["result"]["result"] == {"deep": MARK, "list": [MARK]}
