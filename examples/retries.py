"""What may fail: a service that is down at first, an optional stage that is never up, and a deadline."""

import sys

from stageline import Retry, StageExecution, Workflow, run
from stageline.tasks.task import RunningStage

REPORT = """
RESULT = f"{INPUT['answer']} after {INPUT['attempts']} attempts"
"""


def flaky(stage: RunningStage) -> dict[str, object]:
    """Down twice, up the third time."""
    attempt = stage.execution.attempt
    if attempt < 3:
        raise ConnectionError(f"the service is down (attempt {attempt})")
    return {"answer": 42, "attempts": attempt}


def workflow() -> Workflow:
    return Workflow.create(
        name="retries",
        stages=[
            StageExecution(
                ref_id="service",
                type="flaky",
                retry=Retry(attempts=5, delay=0.05, on=("exception:OSError", "timeout")),
            ),
            StageExecution(
                ref_id="weather",
                type="shell",
                context={"command": "sleep 60"},
                timeout=0.3,
                on_failure="continue",
            ),
            StageExecution(
                ref_id="report",
                type="python",
                requisite_stage_ref_ids={"service", "weather"},
                context={"script": REPORT},
            ),
        ],
    )


def main() -> int:
    result = run(workflow(), tasks={"flaky": flaky})
    for stage in result.stages:
        print(f"{stage.status:16} {stage.ref_id:8} {stage.failure or stage.outputs.get('result', '')}".rstrip())
    return 0 if result.status.met else 1


if __name__ == "__main__":
    sys.exit(main())
