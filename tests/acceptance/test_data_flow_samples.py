"""How data flows from stage to stage, through every way to run a workflow: what a newcomer copies and sees."""

from stageline import StageExecution, Task, TaskResult, WorkflowStatus
from tests.acceptance.stages import python, shell, stage, workflow
from tests.acceptance.ways import Way

HANOI = """
def moves(discs, start="a", end="c", spare="b"):
    if discs == 0:
        return []
    before = moves(discs - 1, start, spare, end)
    after = moves(discs - 1, spare, end, start)
    return before + [start + end] + after

discs = INPUT.get("discs", 3)
RESULT = {"moves": moves(discs), "discs": discs}
"""

SUMMARY = """
upstream = INPUT.get("result", {})
RESULT = {"per_disc": len(upstream["moves"]) / upstream["discs"]}
"""


class Weigh(Task):
    """A user's own task."""

    def execute(self, stage: StageExecution) -> TaskResult:
        return TaskResult.success(outputs={"grams": 1250, "parts": ["lid", "pot"], "scale": {"unit": "g"}})


class Ship(Task):
    """Another one, which finds in its context what the stages before it put out."""

    def execute(self, stage: StageExecution) -> TaskResult:
        return TaskResult.success(outputs={"price": stage.context["grams"] * 2, "boxes": len(stage.context["parts"])})


def test_a_task_puts_out_what_later_stages_find_in_their_context(execute: Way) -> None:
    result = execute(workflow(stage("weigh", "weigh"), stage("ship", "ship", "weigh")), {"weigh": Weigh, "ship": Ship})

    assert result.stage("weigh").outputs == {"grams": 1250, "parts": ["lid", "pot"], "scale": {"unit": "g"}}
    assert result.stage("ship").outputs == {"price": 2500, "boxes": 2}


def test_a_script_has_inputs_may_recurse_and_sets_result(execute: Way) -> None:
    result = execute(workflow(python("solve", HANOI, discs=4), python("sum", SUMMARY, "solve")), {})

    assert result.stage("solve").outputs["result"]["discs"] == 4
    assert len(result.stage("solve").outputs["result"]["moves"]) == 15
    assert result.stage("sum").outputs["result"] == {"per_disc": 3.75}


def test_a_script_without_inputs_takes_its_defaults(execute: Way) -> None:
    result = execute(workflow(python("solve", HANOI)), {})

    assert result.stage("solve").outputs["result"]["moves"] == ["ac", "ab", "cb", "ac", "ba", "bc", "ac"]


def test_a_shell_stage_puts_out_what_it_printed_and_how_it_ended(execute: Way) -> None:
    result = execute(workflow(shell("greet", "echo hello; echo careful >&2")), {})

    assert result.stage("greet").outputs == {
        "stdout": "hello\n",
        "stderr": "careful\n",
        "exit_code": 0,
        "returncode": 0,
    }


def test_a_script_reads_what_a_shell_stage_printed(execute: Way) -> None:
    count = 'RESULT = {"lines": len(INPUT.get("stdout", "").strip().split("\\n"))}'

    result = execute(workflow(shell("list", "printf 'b\\na\\nc\\n' | sort"), python("count", count, "list")), {})

    assert result.stage("count").outputs["result"] == {"lines": 3}


def test_the_outputs_of_several_stages_before_are_there_together(execute: Way) -> None:
    area = 'RESULT = {"area": INPUT["width"] * INPUT["height"]}'
    stages = stage("wide", "wide"), stage("high", "high"), python("area", area, "wide", "high")

    result = execute(workflow(*stages), {"wide": lambda: {"width": 10}, "high": lambda: {"height": 20}})

    assert result.stage("area").outputs["result"] == {"area": 200}


def test_outputs_reach_stages_that_follow_later_than_the_next(execute: Way) -> None:
    stages = shell("first", "echo once"), stage("second", "noop", "first"), python("third", "RESULT = INPUT", "second")

    result = execute(workflow(*stages), {})

    assert result.stage("third").outputs["result"]["stdout"] == "once\n"


DRAW = """
import random
random.seed(7)
RESULT = {"words": [random.choice(["ash", "birch", "cedar"]) for _ in range(6)]}
print("drew", len(RESULT["words"]), "words")
"""

COUNT = """
words = INPUT.get("result", {}).get("words", [])
RESULT = {word: words.count(word) for word in sorted(set(words))}
print(f"{len(RESULT)} kinds")
"""

REPORT = """
text = ", ".join(f"{count} {word}" for word, count in INPUT["result"].items())
RESULT = {"report": f"-- {text} --"}
"""


def test_a_pipeline_of_three_stages(execute: Way) -> None:
    stages = python("draw", DRAW), python("count", COUNT, "draw"), python("report", REPORT, "count")

    result = execute(workflow(*stages), {})

    assert f"{result.status}" == "SUCCEEDED"
    assert result.status is WorkflowStatus.SUCCEEDED
    assert [stage.name for stage in result.stages] == ["Draw", "Count", "Report"]
    assert result.stage("draw").outputs["stdout"] == "drew 6 words\n"
    drawn = result.stage("draw").outputs["result"]["words"]
    assert result.stage("count").outputs["result"] == {word: drawn.count(word) for word in sorted(set(drawn))}
    assert result.stage("report").outputs["result"]["report"].startswith("-- ")


def test_parallel_branches_meet_in_a_join_that_sees_each_under_its_ref(execute: Way) -> None:
    letters = 'INPUT["result"]["letters"]'
    join = """
RESULT = {"vowels": STAGES["vowels"]["result"], "last": STAGES["order"]["result"][-1], "of": STAGES["size"]["result"]}
"""
    stages = (
        python("source", 'RESULT = {"letters": list("stageline")}'),
        python("vowels", f"RESULT = [one for one in {letters} if one in 'aeiou']", "source"),
        python("order", f"RESULT = sorted({letters})", "source"),
        python("size", f"RESULT = len({letters})", "source"),
        python("join", join, "vowels", "order", "size"),
    )

    result = execute(workflow(*stages), {})

    assert result.stage("join").outputs["result"] == {"vowels": ["a", "e", "i", "e"], "last": "t", "of": 9}
    begun = result.stage("join").record.started_seq
    assert all(result.stage(ref).record.ended_seq < begun for ref in ("vowels", "order", "size"))
