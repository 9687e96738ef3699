"""The engine against its yardsticks: a durable chain, a durable fan-out, its linearity, memory a stage, a restart.

`python -m benchmarks.engine` prints each ratio beside its budget and writes benchmarks/results/engine.json. Engine and
yardstick take turns, and the best of some rounds counts for each: what else the machine does only ever adds.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import bare, report, restart
from benchmarks.durable import Stopwatch, Taken, chain, execute, fan, keep
from benchmarks.report import Budget, Row
from stageline import SqliteWorkflowStore, Workflow

CHAIN = 2_000
FAN = 10_000
WIDE = 100_000
AT_A_TIME = {"chain": 2, "fan": 1_000}
ROUNDS = 6
TWICE = 2
RESULTS = Path(__file__).parent / "results" / "engine.json"


def best(taken: list[Taken]) -> Taken:
    return Taken(min(each.wall for each in taken), min(each.cpu for each in taken))


def compare(what: str, workflow: Workflow, budget: Budget | None) -> Row:
    """The rate of the engine as a part of that of the bare loop, which writes the same rows."""
    engine: list[Taken] = []
    loop: list[Taken] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "engine.db"
            engine.append(execute(path, workflow))
            loop.append(write_bare(Path(folder) / "bare.db", workflow, path))
    ours, bares, count = best(engine), best(loop), len(workflow.stages)
    details = {
        "engine_per_s": round(count / ours.wall),
        "bare_per_s": round(count / bares.wall),
        "cpu_ratio": round(bares.cpu / ours.cpu, 3),
    }
    return Row(what, round(bares.wall / ours.wall, 3), "of bare SQLite", budget, details)


def write_bare(path: Path, workflow: Workflow, engine: Path) -> Taken:
    """How long the bare loop takes to write what the engine has written."""
    store = SqliteWorkflowStore(f"sqlite:///{engine}")
    commits = bare.replay(workflow, store.events(workflow.id), AT_A_TIME[workflow.name])
    store.close()
    keep(path, workflow).store.close()
    with Stopwatch() as watch:
        bare.write(path, commits)
    assert bare.written(path) == bare.written(engine), "the yardstick wrote something else than the engine"
    return watch.taken


def linearity() -> Row:
    """Ten times the stages: how many times as long. A run of many is held against as many in ten runs, in turns."""
    few, many = fan(FAN), fan(WIDE)
    small: list[Taken] = []
    large: list[Taken] = []
    for _ in range(TWICE):
        runs = [executed(few) for _ in range(WIDE // FAN)]
        small.append(Taken(sum(run.wall for run in runs), sum(run.cpu for run in runs)))
        large.append(executed(many))
    few_s, many_s = best(small), best(large)
    times, cpu_times = (WIDE / FAN * ratio for ratio in (many_s.wall / few_s.wall, many_s.cpu / few_s.cpu))
    details = {"seconds": round(many_s.wall, 2), "cpu_ratio": round(cpu_times, 2)}
    return Row("fan-out of 100,000 against 10,000", round(times, 2), "times", Budget(11, False), details)


def executed(workflow: Workflow) -> Taken:
    with tempfile.TemporaryDirectory() as folder:
        return execute(Path(folder) / "run.db", workflow)


def memory() -> Row:
    """KiB a stage of a process that makes and runs a workflow of 100,000 stages, above the same one of 100 stages."""
    small, large = (_peak_kib(count) for count in (100, WIDE))
    details = {"peak_mib": round(large / 1024)}
    return Row(
        "memory of a run of 100,000 stages", round((large - small) / WIDE, 2), "KiB a stage", Budget(3, False), details
    )


def _peak_kib(count: int) -> int:
    command = [sys.executable, "-m", "benchmarks.engine", "--peak", str(count)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=Path(__file__).parent.parent)
    return int(done.stdout)


def peak(count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        execute(Path(folder) / "peak.db", fan(count))
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def resumed() -> Row:
    """From the restart of a killed process to the execution of the stage that it was at."""
    taken = [restart.seconds() for _ in range(ROUNDS)]
    details = {"slowest": round(max(taken), 3)}
    return Row("kill -9, restart, first stage resumed", round(min(taken), 3), "seconds", Budget(1, False), details)


def measure() -> list[Row]:
    parts: list[Callable[[], Row]] = [
        lambda: compare("chain of 2,000 no-op stages", chain(CHAIN), Budget(0.4, True)),
        lambda: compare("chain of 2,000 Python functions", chain(CHAIN, "function"), None),
        lambda: compare("fan-out 1 -> 10,000 -> 1, no-op", fan(FAN), Budget(0.2, True)),
        lambda: compare("fan-out 1 -> 10,000 -> 1, Python functions", fan(FAN, "function"), None),
        linearity,
        memory,
        resumed,
    ]
    return [part() for part in parts]


def main() -> int:
    if sys.argv[1:2] == ["--peak"]:
        print(peak(int(sys.argv[2])))
        return 0
    rows = measure()
    report.show(rows)
    report.keep(rows, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
