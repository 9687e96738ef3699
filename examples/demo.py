"""A small durable workflow, shown as it runs: draw numbers, look at them from three sides, and report.

It is kept in .stageline/demo.db. Kill it at any moment and call it again with the id that it printed: it goes on.
"""

import sys
import time
from pathlib import Path

from stageline import Orchestrator, QueueProcessor, SqliteQueue, StageExecution, Workflow
from stageline.engine.events import Event, RunEnded, StageEnded, StageStarted, StageWaiting
from stageline.engine.ports import Store

DRAW = """
import random
random.seed(42)
RESULT = [random.randint(1, 100) for _ in range(10)]
"""

REPORT = """
total, order, evens = (STAGES[ref]["result"] for ref in ("total", "sort", "evens"))
RESULT = f"sum {total}, from {order[0]} to {order[-1]}, {len(evens)} even"
"""


def python(ref: str, script: str, *needs: str) -> StageExecution:
    return StageExecution(ref_id=ref, type="python", requisite_stage_ref_ids=needs, context={"script": script})


def pipeline() -> Workflow:
    return Workflow.create(
        name="demo",
        stages=[
            python("draw", DRAW),
            python("total", "RESULT = sum(INPUT['result'])", "draw"),
            python("sort", "RESULT = sorted(INPUT['result'])", "draw"),
            python("evens", "RESULT = [n for n in INPUT['result'] if n % 2 == 0]", "draw"),
            python("report", REPORT, "total", "sort", "evens"),
        ],
    )


def line(workflow: Workflow, event: Event) -> str:
    """What to print of an event; nothing for most."""
    match event:
        case StageStarted():
            return f"  started   {workflow.stages[event.stage].ref_id}"
        case StageWaiting():
            return f"  waiting   {workflow.stages[event.stage].ref_id}: {event.waiting} ({event.failure})"
        case StageEnded():
            return f"  {event.status.lower():9} {workflow.stages[event.stage].ref_id}"
        case _:
            return ""


def show(store: Store, workflow: Workflow) -> None:
    """Print what happens until the run has ended."""
    now = store.retrieve(workflow.id)
    seen, ended = now.record.events, now.status.ended
    while not ended:
        events = store.events(workflow.id, seen)
        for event in events:
            ended = isinstance(event, RunEnded)
            if text := line(workflow, event):
                print(text)
        seen += len(events)
        time.sleep(0.02)


def main() -> int:
    Path(".stageline").mkdir(exist_ok=True)
    queue = SqliteQueue("sqlite:///.stageline/demo.db")
    store = queue.store
    if len(sys.argv) > 1:
        workflow = store.retrieve(sys.argv[1])
    else:
        workflow = pipeline()
        store.store(workflow)
    Orchestrator(queue).start(workflow)
    print(f"run {workflow.id} in {store.url}")
    with QueueProcessor(queue).start():
        show(store, workflow)
    result = store.retrieve(workflow.id)
    print(f"{result.status}: {result.stage('report').outputs.get('result')}")
    return 0 if result.status.met else 1


if __name__ == "__main__":
    sys.exit(main())
