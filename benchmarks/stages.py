"""Stages as they are written in files, against the bare engine: chain, fan-out, and loops over many items.

`python -m benchmarks.stages` prints a table and writes benchmarks/results/stages.json. A factor is how many times the
processor time of the same graph of stages that do nothing; the best of some rounds, in which both take turns.
"""

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Budget, Row, keep, show
from stageline import Orchestrator, QueueProcessor, SqliteQueue, StageExecution, TaskRegistry, Workflow
from stageline.model.status import Status
from stageline.stages.definition import StageDefinition
from stageline.stages.empty import EmptyStage
from stageline.stages.foreach import ForEachStage
from stageline.stages.lower import lower, walk
from stageline.stages.registry import stage_tasks

CHAIN = 2_000
FAN = 10_000
ITEMS = (10_000, 100_000)
ROUNDS = 3
BUDGET = Budget(1.5, at_least=False)
RESULTS = Path(__file__).parent / "results" / "stages.json"

Graph = list[tuple[str, list[str]]]


def chain(count: int) -> Graph:
    return [(f"s{i}", [f"s{i - 1}"] if i else []) for i in range(count)]


def fan(count: int) -> Graph:
    middle = [(f"s{i}", ["first"]) for i in range(count)]
    return [("first", []), *middle, ("last", [ref for ref, _ in middle])]


def bare(graph: Graph) -> tuple[Workflow, TaskRegistry]:
    stages = [StageExecution(ref_id=ref, type="noop", requisite_stage_ref_ids=needs) for ref, needs in graph]
    return Workflow.create("bare", stages), TaskRegistry()


def written(graph: Graph) -> tuple[Workflow, TaskRegistry]:
    return lowered([EmptyStage(name=ref, id=ref, echo="text", needs=needs) for ref, needs in graph])


def loop(count: int) -> tuple[Workflow, TaskRegistry]:
    say = EmptyStage(name="say", echo="${{ item }}")
    return lowered([ForEachStage(name="each", foreach=f"${{{{ range({count}) }}}}", concurrent=10, stages=[say])])


def lowered(stages: list[StageDefinition]) -> tuple[Workflow, TaskRegistry]:
    return Workflow.create("written", lower(stages)), stage_tasks({type(stage) for stage in walk(stages)})


def seconds(workflow: Workflow, tasks: TaskRegistry) -> tuple[float, float]:
    """What a durable run takes on the wall's clock and of the processor, from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        queue = SqliteQueue(f"sqlite:///{folder}/runs.db")
        queue.store.store(workflow)
        with QueueProcessor(queue, registry=tasks) as processor:
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            Orchestrator(queue).start(workflow)
            processor.process_all()
            taken = time.perf_counter() - wall, time.process_time() - cpu
        assert queue.store.list_runs()[0].record.status is Status.SUCCEEDED
        queue.store.close()
    return taken


def compare(what: str, graph: Graph) -> Row:
    """How many times the processor seconds of the bare engine the written stages take."""
    best = {"bare": float("inf"), "written": float("inf")}
    for _ in range(ROUNDS):
        for name, make in (("bare", bare), ("written", written)):
            best[name] = min(best[name], seconds(*make(graph))[1])
    details = {f"{name}_cpu_s": round(value, 3) for name, value in best.items()}
    return Row(what, round(best["written"] / best["bare"], 2), "x bare engine", BUDGET, details)


def in_a_process(of: Callable[[int], object], count: int) -> dict[str, float]:
    """Seconds and peak memory of a loop of so many items, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.stages", of.__name__, str(count)],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def look(count: int) -> dict[str, float]:
    wall, cpu = seconds(*loop(count))
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0])
    return {"seconds": round(wall, 2), "cpu": round(cpu, 2), "peak_mib": round(peak / 1024, 1)}


def loop_row() -> Row:
    """Ten times the items: how many times as long, and how much memory an item."""
    small, large = (in_a_process(look, count) for count in ITEMS)
    kib = (large["peak_mib"] - small["peak_mib"]) * 1024 / (ITEMS[1] - ITEMS[0])
    details = {"kib_per_item": round(kib, 2), "seconds": large["seconds"], "peak_mib": large["peak_mib"]}
    what = f"foreach over {ITEMS[1]:,} against {ITEMS[0]:,}"
    return Row(what, round(large["cpu"] / small["cpu"], 2), "times as long", None, details)


def measure() -> list[Row]:
    return [
        compare(f"chain of {CHAIN:,} empty stages", chain(CHAIN)),
        compare(f"fan-out 1 -> {FAN:,} -> 1 of empty stages", fan(FAN)),
        loop_row(),
    ]


def main() -> int:
    if sys.argv[1:2] == [look.__name__]:
        print(json.dumps(look(int(sys.argv[2]))))
        return 0
    rows = measure()
    show(rows)
    keep(rows, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
