"""A thousand python stages on a Dask cluster of two workers, against two warm workers of this machine's own.

`python -m benchmarks.dask` prints a table and writes benchmarks/results/dask.json. Both take turns. Without
`distributed` there is nothing to measure.
"""

import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from benchmarks.report import Budget, Row, keep, show
from stageline import Orchestrator, QueueProcessor, SqliteQueue, Workflow, WorkflowStatus
from stageline.schedulers.dask import DaskExecutor
from stageline.stages.lower import lower
from stageline.stages.python import PyStage
from stageline.stages.registry import stage_tasks
from stageline.stages.tools import Tools
from stageline.tasks.python_executor import PythonExecutor
from tests.engines.dask import DaskCluster

COUNT = 1_000
WORKERS = 2
ROUNDS = 3
BUDGET = Budget(4.0, at_least=False)
RESULTS = Path(__file__).parent / "results" / "dask.json"


def taken(count: int, executor: PythonExecutor | None) -> float:
    """Seconds of a durable run in a SQLite file, whose stages do nothing and are all ready at once."""
    stages = [PyStage(name=f"s{number}", run="x = 1", needs=[]) for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        workflow = Workflow.create("python", lower(stages), names={"folder": folder})
        queue = SqliteQueue(f"sqlite:///{folder}/runs.db")
        queue.store.store(workflow)
        tasks = stage_tasks([PyStage], Tools(executor=executor))
        with QueueProcessor(queue, registry=tasks, slots=WORKERS) as processor:
            begun = time.perf_counter()
            Orchestrator(queue).start(workflow)
            processor.process_all()
            seconds = time.perf_counter() - begun
        assert queue.store.list_runs()[0].record.status is WorkflowStatus.SUCCEEDED
        queue.store.close()
    return seconds


def measure() -> list[Row]:
    with (
        tempfile.TemporaryDirectory() as folder,
        DaskCluster(Path(folder), WORKERS) as cluster,
        DaskExecutor(cluster.address) as dask,
    ):
        taken(WORKERS * 10, dask)
        rounds = [(taken(COUNT, dask), taken(COUNT, None)) for _ in range(ROUNDS)]
    there, here = (min(one[side] for one in rounds) for side in (0, 1))
    details = {
        "dask_s": round(there, 2),
        "here_s": round(here, 2),
        "ms_more_per_stage": round((there - here) / COUNT * 1000, 2),
    }
    return [Row(f"{COUNT:,} python stages on Dask", round(there / here, 2), "x warm workers", BUDGET, details)]


def main() -> int:
    if find_spec("distributed") is None:
        print("dask: not measured, distributed is not installed")
        return 0
    rows = measure()
    show(rows)
    keep(rows, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
