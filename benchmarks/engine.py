"""The engine against its yardsticks: a durable chain, a durable fan-out, its linearity, and memory a stage.

`python -m benchmarks.engine` prints a table and writes benchmarks/results/engine.json. Each rate is the best of some
rounds in which engine and yardstick take turns.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import bare
from stageline import (
    Orchestrator,
    QueueProcessor,
    SqliteQueue,
    StageExecution,
    TaskRegistry,
    TaskResult,
    Workflow,
    WorkflowStatus,
)

CHAIN = 2_000
FAN = 10_000
WIDE = 100_000
BATCH = 500
ROUNDS = 3
RESULTS = Path(__file__).parent / "results" / "engine.json"


def no_op(stage: StageExecution) -> TaskResult:
    """A Python function that does nothing, through the pool of worker threads."""
    return TaskResult.success()


def stage(ref: str, type: str, *needs: str) -> StageExecution:
    return StageExecution(ref_id=ref, type=type, requisite_stage_ref_ids=needs)


def chain(count: int, type: str) -> Workflow:
    stages = [stage(f"s{i}", type, *([f"s{i - 1}"] if i else [])) for i in range(count)]
    return Workflow.create(name="chain", stages=stages)


def fan(count: int, type: str) -> Workflow:
    middle = [stage(f"s{i}", type, "first") for i in range(count)]
    last = stage("last", "noop", *(s.ref_id for s in middle))
    return Workflow.create(name="fan", stages=[stage("first", "noop"), *middle, last])


def keep(path: Path, workflow: Workflow) -> SqliteQueue:
    queue = SqliteQueue(f"sqlite:///{path}")
    queue.store.store(workflow)
    return queue


def engine_seconds(path: Path, workflow: Workflow) -> float:
    """How long the engine takes from the start of a kept run to its end."""
    queue = keep(path, workflow)
    registry = TaskRegistry()
    registry.register("function", no_op)
    with QueueProcessor(queue, registry=registry) as processor:
        begun = time.perf_counter()
        Orchestrator(queue).start(workflow)
        processor.process_all()
        taken = time.perf_counter() - begun
    assert queue.store.list_runs()[0].record.status is WorkflowStatus.SUCCEEDED
    queue.store.close()
    return taken


def bare_seconds(path: Path, workflow: Workflow, written: bare.Written, commits: list[bare.Commit]) -> float:
    keep(path, workflow).store.close()
    begun = time.perf_counter()
    bare.write(path, written, commits)
    return time.perf_counter() - begun


def compare(workflow: Workflow, plan: Callable[[bare.Written], list[bare.Commit]]) -> dict[str, float]:
    """Stages a second of the engine and of the bare loop, and their ratio."""
    best = {"engine": float("inf"), "bare": float("inf")}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "engine.db"
            best["engine"] = min(best["engine"], engine_seconds(path, workflow))
            written = bare.read_written(path)
            taken = bare_seconds(Path(folder) / "bare.db", workflow, written, plan(written))
            best["bare"] = min(best["bare"], taken)
    count = len(workflow.stages)
    return {
        "engine_per_s": round(count / best["engine"]),
        "bare_per_s": round(count / best["bare"]),
        "ratio": round(best["bare"] / best["engine"], 3),
    }


def linearity(small: float) -> dict[str, float]:
    """Ten times the stages: how many times as long."""
    with tempfile.TemporaryDirectory() as folder:
        taken = engine_seconds(Path(folder) / "wide.db", fan(WIDE, "noop"))
    return {"seconds": round(taken, 2), "times_as_long": round(taken / (FAN / small), 2)}


def memory() -> dict[str, float]:
    """KiB a stage of a process that makes and runs a workflow of 100,000 stages, above the same one of 100 stages."""
    small, large = (_peak_kib(count) for count in (100, WIDE))
    return {"kib_per_stage": round((large - small) / WIDE, 2), "peak_mib": round(large / 1024)}


def _peak_kib(count: int) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.engine", "--peak", str(count)],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    return int(done.stdout)


def peak(count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        engine_seconds(Path(folder) / "peak.db", fan(count, "noop"))
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def measure() -> dict[str, dict[str, float]]:
    rows = {
        "chain of 2,000 no-op stages": compare(chain(CHAIN, "noop"), bare.chain_commits),
        "chain of 2,000 Python functions": compare(chain(CHAIN, "function"), bare.chain_commits),
        "fan-out 1 -> 10,000 -> 1, no-op": compare(fan(FAN, "noop"), lambda w: bare.batch_commits(w, BATCH)),
        "fan-out 1 -> 10,000 -> 1, Python functions": compare(
            fan(FAN, "function"), lambda w: bare.batch_commits(w, BATCH)
        ),
    }
    rows["fan-out of 100,000 against 10,000"] = linearity(rows["fan-out 1 -> 10,000 -> 1, no-op"]["engine_per_s"])
    rows["memory of a run of 100,000 stages"] = memory()
    return rows


def main() -> int:
    if sys.argv[1:2] == ["--peak"]:
        print(peak(int(sys.argv[2])))
        return 0
    rows = measure()
    for name, values in rows.items():
        print(f"{name:45}", "  ".join(f"{key} {value:,}" for key, value in values.items()))
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"about": about, "rows": rows}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
