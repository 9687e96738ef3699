"""The examples do what they say."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.program import ROOT, command, output_of

EXAMPLES = ROOT / "examples"


def test_a_killed_pipeline_goes_on_where_it_was(tmp_path: Path) -> None:
    pipeline = EXAMPLES / "durable_pipeline.py"
    with subprocess.Popen(command(pipeline, "h.db", "today"), cwd=tmp_path, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        begun = [first.stdout.readline().strip() for _ in range(3)]
        first.send_signal(signal.SIGKILL)

    second = output_of(pipeline, "h.db", "today", cwd=tmp_path).splitlines()
    third = output_of(pipeline, "h.db", "today", cwd=tmp_path).splitlines()

    assert begun == ["fetching page 0", "fetching page 1", "fetching page 2"]
    assert second[:3] == ["run 'today' is there already: RUNNING", "fetching page 2", "fetching page 3"]
    assert second[-1] == "SUCCEEDED: 192"
    assert third == ["run 'today' is there already: SUCCEEDED", "SUCCEEDED: 192"]


@pytest.mark.parametrize(("word", "end"), [("yes", "SUCCEEDED"), ("no", "FAILED")])
def test_an_approval_waits_for_its_answer_in_another_process(tmp_path: Path, word: str, end: str) -> None:
    asked = output_of(EXAMPLES / "approval.py", "r.db", cwd=tmp_path)
    id = asked.split()[1]

    answered = output_of(EXAMPLES / "approval.py", "r.db", id, word, cwd=tmp_path)

    assert "SUSPENDED    approve" in asked
    assert answered.startswith(f"run {id} is {end}\n")
    assert ("published, as Ada said" in answered) == (word == "yes")


def test_retries_and_tolerated_failures(tmp_path: Path) -> None:
    lines = output_of(EXAMPLES / "retries.py", cwd=tmp_path).splitlines()

    assert [line.split()[:2] for line in lines] == [
        ["SUCCEEDED", "service"],
        ["FAILED_CONTINUE", "weather"],
        ["SUCCEEDED", "report"],
    ]
    assert "timed out after 0.3 s" in lines[1]
    assert lines[2].endswith("42 after 3 attempts")


def test_workflows_inside_a_workflow(tmp_path: Path) -> None:
    assert output_of(EXAMPLES / "sub_workflow.py", cwd=tmp_path) == "SUCCEEDED: {'north': 11, 'south': 60}\n"


def test_stages_planned_while_the_run_goes_on(tmp_path: Path) -> None:
    lines = output_of(EXAMPLES / "plan_stages.py", cwd=tmp_path).splitlines()

    assert lines == ["SUCCEEDED: 287 words, without pages ['13']", "page 7 has 7 words"]


def test_the_demo_shows_its_result(tmp_path: Path) -> None:
    shown = output_of(EXAMPLES / "demo.py", cwd=tmp_path)

    assert shown.splitlines()[-1] == "SUCCEEDED: sum 420, from 4 to 95, 6 even"
    assert list((tmp_path / ".stageline").glob("demo.db"))
