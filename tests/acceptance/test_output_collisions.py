"""Which output counts when several stages before put out the same key: a fixed order decides, never who was faster."""

import logging

import pytest

from stageline import Join, StageExecution, Workflow
from stageline.testing import run_workflow
from tests.acceptance.stages import python, shell, stage, workflow
from tests.acceptance.ways import Way

SEE = 'RESULT = {"flat": INPUT["result"], "by_ref": {ref: out.get("result") for ref, out in STAGES.items()}}'


def seen(result: Workflow) -> object:
    return result.stage("see").outputs["result"]


def test_of_one_level_the_stage_declared_last_wins_however_slow_the_others_are(execute: Way) -> None:
    slow = "import time\ntime.sleep(0.3)\nRESULT = 'slow'"
    stages = python("slow", slow), python("fast", "RESULT = 'fast'"), python("see", SEE, "slow", "fast")

    assert seen(execute(workflow(*stages), {})) == {"flat": "fast", "by_ref": {"slow": "slow", "fast": "fast"}}


def test_a_deeper_stage_wins_wherever_it_is_declared(execute: Way) -> None:
    stages = python("deep", "RESULT = 2", "root"), python("root", "RESULT = 1"), python("see", SEE, "deep", "root")

    assert seen(execute(workflow(*stages), {})) == {"flat": 2, "by_ref": {"root": 1, "deep": 2}}


def test_lists_are_joined_without_what_is_there_already() -> None:
    stages = stage("a", "a"), stage("b", "b"), python("see", 'RESULT = INPUT["tags"]', "a", "b")

    result = run_workflow(workflow(*stages), {"a": lambda: {"tags": [1, 2]}, "b": lambda: {"tags": [2, 3]}})

    assert seen(result) == [1, 2, 3]


def test_what_a_stage_says_itself_wins_over_what_comes_from_before() -> None:
    stages = stage("before", "before"), stage("see", "python", "before", script='RESULT = INPUT["limit"]', limit=5)

    assert seen(run_workflow(workflow(*stages), {"before": lambda: {"limit": 99}})) == 5


def test_a_branch_that_failed_does_not_put_its_outputs_over_those_of_the_winner() -> None:
    join = StageExecution(
        ref_id="see",
        type="python",
        requisite_stage_ref_ids={"winner", "loser"},
        join=Join.any(),
        context={"script": 'RESULT = [INPUT["stdout"], STAGES["loser"]["stdout"]]'},
    )

    result = run_workflow(workflow(shell("winner", "sleep 0.3; echo won"), shell("loser", "echo lost; exit 1"), join))

    assert seen(result) == ["won\n", "lost\n"]


def test_settings_are_never_taken_from_other_stages() -> None:
    stages = stage("before", "before"), stage("see", "shell", "before")

    result = run_workflow(workflow(*stages), {"before": lambda: {"command": "echo smuggled"}})

    failure = result.stage("see").failure
    assert failure is not None
    assert "context needs" in failure.message
    assert "command" in failure.message


def test_the_log_names_the_key_and_the_two_stages_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "stageline")
    stages = stage("a", "a"), stage("b", "b"), python("see", "INPUT", "a", "b"), python("again", "INPUT", "a", "b")

    run_workflow(workflow(*stages), {"a": lambda: {"x": 1}, "b": lambda: {"x": 2}})

    said = [record.getMessage() for record in caplog.records if "'x'" in record.getMessage()]
    assert len(said) == 1
    assert "'a'" in said[0]
    assert "'b'" in said[0]
