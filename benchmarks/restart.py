"""How soon a stage is executed again after its process was killed: with SIGKILL, while the stage was at work.

`python -m benchmarks.restart DATABASE MARKS` is the process; each execution leaves a line with its time in MARKS.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.durable import keep, stage
from stageline import Orchestrator, QueueProcessor, SqliteQueue, TaskRegistry, Workflow

PATIENCE = 30
NANOSECONDS = 1_000_000_000
HOME = Path(__file__).parent.parent


def seconds() -> float:
    """From the start of the second process, interpreter and imports included, to the second execution."""
    with tempfile.TemporaryDirectory() as folder:
        database, marks = Path(folder) / "restart.db", Path(folder) / "marks"
        workflow = Workflow.create(name="restart", stages=[stage("before", "noop"), stage("work", "work", "before")])
        queue = keep(database, workflow)
        Orchestrator(queue).start(workflow)
        queue.store.close()
        first = start(database, marks)
        try:
            wait_for(marks, 1)
        finally:
            first.kill()
            first.wait()
        begun = time.monotonic_ns()
        second = start(database, marks)
        try:
            executed = wait_for(marks, 2)
        finally:
            second.wait(PATIENCE)
        return (executed - begun) / NANOSECONDS


def start(database: Path, marks: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.restart", str(database), str(marks)], cwd=HOME)


def wait_for(marks: Path, count: int) -> int:
    """When the stage was executed for the `count`th time, on the clock that all processes share."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        lines = marks.read_text().splitlines() if marks.exists() else []
        if len(lines) >= count:
            return int(lines[count - 1])
        time.sleep(0.005)
    raise TimeoutError(f"the stage was not executed {count} times within {PATIENCE} s")


def run(database: Path, marks: Path) -> None:
    """Go on with what the database holds; the stage's first execution lasts until it is killed."""

    def work() -> None:
        with marks.open("a") as file:
            file.write(f"{time.monotonic_ns()}\n")
        if len(marks.read_text().splitlines()) == 1:
            time.sleep(PATIENCE)

    registry = TaskRegistry()
    registry.register("work", work)
    with QueueProcessor(SqliteQueue(f"sqlite:///{database}"), registry=registry) as processor:
        processor.process_all()


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
