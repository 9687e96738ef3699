"""How long `stageline build` takes for an experiment of 10,000 jobs, and how much memory it needs.

`python -m benchmarks.lab_build`. It is built into an empty folder, then again with nothing changed, then with one more
value in the sweep.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import Budget, Row, keep, show

COMMAND = str(Path(sys.executable).with_name("stageline"))
HERE = Path(__file__).parent
JOBS = 10_000
SECONDS = Budget(5.0, at_least=False)
MEMORY = Budget(300.0, at_least=False)
LAB = """
from stageline.lab import Lab, Run, stage

@stage(outputs={{"n": "$out/n.txt"}}, params={{"n": 0}})
def one(inputs, outputs, params):
    return f'echo {{params.n}} > "{{outputs.n}}"'

lab = Lab(runs=[Run("sweep", one, params={{"n": range({jobs})}})])
"""


class Taken(NamedTuple):
    """Seconds on the clock, those of the processor, and megabytes at the most."""

    wall: float
    cpu: float
    memory: float


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        bare = files_alone(Path(folder) / "bare", JOBS)
        rows = [
            *rows_of("first build", built(Path(folder), JOBS), {"files alone s": round(bare, 2)}),
            *rows_of("nothing changed", built(Path(folder), JOBS)),
            *rows_of("one more job", built(Path(folder), JOBS + 1)),
        ]
    show(rows)
    keep(rows, HERE / "results" / "lab_build.json")
    return 0 if all(row.verdict != "MISSED" for row in rows) else 1


def built(folder: Path, jobs: int) -> Taken:
    """Build with the installed command, as a user would."""
    (folder / "lab.py").write_text(LAB.format(jobs=jobs))
    env = {**os.environ, "XDG_CACHE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    begun = time.perf_counter()
    process = subprocess.Popen([COMMAND, "build", "-q"], cwd=folder, env=env)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Taken(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def files_alone(folder: Path, jobs: int) -> float:
    """How long this disk takes now for as many folders and files, with nothing to think about."""
    begun = time.perf_counter()
    for job in range(jobs):
        (folder / str(job) / "bin").mkdir(parents=True)
        (folder / str(job) / "out").mkdir()
        (folder / str(job) / "bin/one").write_bytes(b"x" * 1400)
        (folder / str(job) / "bin/one.sh").write_bytes(b"x" * 30)
    return time.perf_counter() - begun


def rows_of(what: str, taken: Taken, more: Mapping[str, float] | None = None) -> list[Row]:
    details = {"cpu s": round(taken.cpu, 2), **(more or {})}
    return [
        Row(f"build of {JOBS:,} jobs, {what}", round(taken.wall, 2), "s", SECONDS, details),
        Row(f"  its memory, {what}", round(taken.memory), "MB", MEMORY, {}),
    ]


if __name__ == "__main__":
    sys.exit(main())
