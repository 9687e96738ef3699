"""A workflow that waits for a person: it prepares, asks, and does the rest once somebody has said yes.

python examples/approval.py releases.db            starts a run and says its id
python examples/approval.py releases.db ID yes     answers it, perhaps next week, from another machine's shell
"""

import sys

from stageline import Orchestrator, QueueProcessor, SqliteQueue, StageExecution, Workflow


def release() -> Workflow:
    return Workflow.create(
        name="release",
        stages=[
            StageExecution(ref_id="build", type="shell", context={"command": "echo built"}),
            StageExecution(
                ref_id="approve",
                type="approval",
                requisite_stage_ref_ids={"build"},
                context={"prompt": "Shall this go out?"},
            ),
            StageExecution(
                ref_id="publish",
                type="python",
                requisite_stage_ref_ids={"approve"},
                context={"script": "RESULT = f\"published, as {INPUT['by']} said\""},
            ),
        ],
    )


def main() -> int:
    queue = SqliteQueue(f"sqlite:///{sys.argv[1]}")
    if len(sys.argv) == 2:
        workflow = release()
        queue.store.store(workflow)
        Orchestrator(queue).start(workflow)
        id = workflow.id
    else:
        id = sys.argv[2]
        Orchestrator(queue).signal(id, "approve", {"approved": sys.argv[3] == "yes", "by": "Ada"})
    with QueueProcessor(queue) as processor:
        processor.process_all(timeout=30)
    result = queue.store.retrieve(id)
    print(f"run {id} is {result.status}")
    for stage in result.stages:
        print(f"  {stage.status:12} {stage.ref_id:8} {stage.outputs.get('result', '')} {stage.failure or ''}".rstrip())
    queue.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
