"""How long it takes to look into a Lab of 10,000 finished jobs: its plan, its list, a table of it, what changed.

`python -m benchmarks.lab_read`. Each is a whole process, as a user starts it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Budget, Row, keep, show
from stageline.lab.read import read_lab
from stageline.lab.record import Record, examine, write_record

COMMAND = str(Path(sys.executable).with_name("stageline"))
HERE = Path(__file__).parent
JOBS = 10_000
ROUNDS = 3
SECONDS = Budget(1.0, at_least=False)
FEW_SECONDS = Budget(4.0, at_least=False)
LAB = """
from stageline.lab import Lab, Run, pipeline, stage

@stage(version="VERSION", outputs={"n": "$out/n.txt"}, params={"n": 0, "seed": 1})
def make(inputs, outputs, params):
    return f'echo {params.n} > "{outputs.n}"'

@stage(inputs={"n": ""}, outputs={"m": "$out/m.txt"})
def read(inputs, outputs, params):
    return f'cat "{inputs.n}" > "{outputs.m}"'

@pipeline
def both():
    return read(make())

lab = Lab(runs=[Run("sweep", both, params={"n": range(COUNT)})])
"""
TABLE = "from stageline import Lab; table = Lab.from_path('result').to_dataframe(); assert len(table) == {jobs}"


def main(jobs: int = JOBS) -> int:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        before = built(folder, jobs, "1.0")
        finish(folder)
        rows = [
            row(f"plan of {jobs:,} finished jobs", folder, (COMMAND, "plan")),
            row("list of 20 of them", folder, (COMMAND, "list", "jobs")),
            row("table of them, with pandas", folder, (sys.executable, "-c", TABLE.format(jobs=jobs))),
            row("picture of them as text", folder, (COMMAND, "viz")),
        ]
        built(folder, jobs, "1.1")
        rows.append(row("diff, all of them changed", folder, (COMMAND, "diff", before), FEW_SECONDS))
    show(rows)
    if jobs == JOBS:
        keep(rows, HERE / "results" / "lab_read.json")
    return 0 if all(row.verdict != "MISSED" for row in rows) else 1


def built(folder: Path, jobs: int, version: str) -> str:
    """Build; answers the Lab's id."""
    (folder / "lab.py").write_text(LAB.replace("COUNT", str(jobs // 2)).replace("VERSION", version))
    env = {**os.environ, "XDG_CACHE_HOME": str(folder)}
    subprocess.run([COMMAND, "build", "-q"], cwd=folder, env=env, check=True)
    return read_lab(folder / "result").id


def finish(folder: Path) -> None:
    """As if all had been run."""
    lab = read_lab(folder / "result")
    lab.home.records.mkdir()
    for number, job in enumerate(lab.plan.jobs.values()):
        out = lab.out(job)
        (out / next(iter(job.outputs.values())).partition("/")[2]).write_text(f"{number}\n")
        outputs = examine(out, job.outputs).outputs
        record = Record(job=job.id, exit_code=0, started=number, ended=number + 1, host="here", outputs=outputs)
        write_record(lab.home.records, record)


def seconds(folder: Path, argv: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def row(what: str, folder: Path, argv: tuple[str, ...], budget: Budget = SECONDS) -> Row:
    return Row(what, round(min(seconds(folder, argv) for _ in range(ROUNDS)), 2), "s", budget, {})


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
