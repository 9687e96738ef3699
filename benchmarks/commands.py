"""A thousand bash stages, two at a time, against xargs starting the same bash.

`python -m benchmarks.commands` prints a table and writes benchmarks/results/commands.json. Both take turns. What they
leave is deleted at the end: a file system may look past each file that was deleted lately whenever it makes a new one.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Budget, Row, keep, show
from stageline import Orchestrator, QueueProcessor, SqliteQueue, Workflow, WorkflowStatus
from stageline.stages.bash import BashStage
from stageline.stages.lower import lower
from stageline.stages.registry import stage_tasks

COUNT = 1_000
WORKERS = 2
ROUNDS = 3
RESULTS = Path(__file__).parent / "results" / "commands.json"


def by_stages(folder: str) -> None:
    """The stages as a durable run in a SQLite file."""
    stages = [BashStage(name=f"s{number}", bash="true", needs=[]) for number in range(COUNT)]
    workflow = Workflow.create("commands", lower(stages), names={"folder": folder})
    queue = SqliteQueue(f"sqlite:///{folder}/runs.db")
    queue.store.store(workflow)
    with QueueProcessor(queue, registry=stage_tasks([BashStage]), slots=WORKERS) as processor:
        Orchestrator(queue).start(workflow)
        processor.process_all()
    assert queue.store.list_runs()[0].record.status is WorkflowStatus.SUCCEEDED
    queue.store.close()


def by_xargs(folder: str) -> None:
    """The yardstick."""
    numbers = "\n".join(map(str, range(COUNT)))
    subprocess.run(
        ["xargs", f"-P{WORKERS}", "-n1", "bash", "-c", "true"], input=numbers, text=True, check=True, cwd=folder
    )


def taken(work: Callable[[str], None], place: str) -> tuple[float, float]:
    """Seconds on the wall's clock, and of the processors, children included; in a new folder of this place."""
    folder = tempfile.mkdtemp(dir=place)
    wall, before = time.perf_counter(), os.times()
    work(folder)
    after, wall = os.times(), time.perf_counter() - wall
    return wall, sum(after[:4]) - sum(before[:4])


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as place:
        rounds = [(taken(by_stages, place), taken(by_xargs, place)) for _ in range(ROUNDS)]
    stages, xargs = (min(one[side][0] for one in rounds) for side in (0, 1))
    cpu_stages, cpu_xargs = (min(one[side][1] for one in rounds) for side in (0, 1))
    details = {
        "stages_s": round(stages, 2),
        "xargs_s": round(xargs, 2),
        "cpu_ratio": round(cpu_stages / cpu_xargs, 2),
    }
    what = f"{COUNT:,} bash stages, {WORKERS} at a time"
    return [Row(what, round(stages / xargs, 3), "x xargs", Budget(1.5, at_least=False), details)]


def main() -> int:
    rows = measure()
    show(rows)
    keep(rows, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
