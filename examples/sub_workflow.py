"""A workflow inside a workflow: one child for each region, made when the parent runs, then a summary over all."""

import sys

from stageline import StageExecution, TaskResult, Workflow, run
from stageline.tasks.task import RunningStage

SUM = """
RESULT = {ref: STAGES[ref]["stages"]["count"]["outputs"]["result"] for ref in ("north", "south")}
"""


def region(name: str, sizes: list[int]) -> Workflow:
    """What is done for one region."""
    return Workflow.create(
        name=f"region {name}",
        stages=[
            StageExecution(ref_id="list", type="python", context={"script": f"RESULT = {sizes}"}),
            StageExecution(
                ref_id="count",
                type="python",
                requisite_stage_ref_ids={"list"},
                context={"script": "RESULT = sum(INPUT['result'])"},
            ),
        ],
    )


def south(stage: RunningStage) -> TaskResult:
    """A child that is only known once the parent runs."""
    return TaskResult.run_workflow(region("south", [stage.context["factor"] * n for n in (1, 2, 3)]))


def workflow() -> Workflow:
    return Workflow.create(
        name="regions",
        stages=[
            StageExecution(ref_id="north", type="workflow", context={"workflow": region("north", [5, 6])}),
            StageExecution(ref_id="south", type="south", context={"factor": 10}),
            StageExecution(
                ref_id="sum",
                type="python",
                requisite_stage_ref_ids={"north", "south"},
                context={"script": SUM},
            ),
        ],
    )


def main() -> int:
    result = run(workflow(), tasks={"south": south})
    print(f"{result.status}: {result.stage('sum').outputs.get('result')}")
    return 0 if result.status.met else 1


if __name__ == "__main__":
    sys.exit(main())
