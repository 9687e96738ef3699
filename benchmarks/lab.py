"""A Lab of 10,000 small jobs against GNU make with the same bash scripts, two at a time; and both with nothing to do.

`python -m benchmarks.lab` prints a table and writes benchmarks/results/lab.json. Both take turns. make is given what a
Lab has: it runs the very executables of the jobs with their variables, and the folders for outputs are there already.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import Budget, Row, keep, show
from stageline.lab.build import BuildOptions, build
from stageline.lab.host_tools import HostTools
from stageline.lab.model import Job
from stageline.lab.places import Places
from stageline.lab.read import read_lab

COUNT = 10_000
ROUNDS = 3
SLOWER = Budget(1.2, at_least=False)
SECONDS = Budget(0.5, at_least=False)
MEMORY = Budget(300.0, at_least=False)
RESULTS = Path(__file__).parent / "results" / "lab.json"
PROGRAM = Path(sys.executable).with_name("stageline")
DEFINITION = """\
from stageline.lab import Lab, Run, pipeline, stage


@stage(outputs={{"said": "$out/said"}}, params={{"number": 0}})
def say(inputs, outputs, params):
    return f\'\'\'echo {{params.number}} > "{{outputs.said}}"\'\'\'


@pipeline
def alone():
    return say()


lab = Lab(version="1", runs=[Run("all", alone, params={{"number": list(range({count}))}})])
"""


class Cost(NamedTuple):
    """Seconds of the processor, of the program and all that it started, and on the clock; memory in MB."""

    cpu: float
    wall: float
    peak: float


def measure(argv: tuple[str, ...], folder: Path, environment: Mapping[bytes, bytes]) -> Cost:
    """Run a program to its end."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, environment, file_actions=_silent(folder))
    _, status, usage = os.wait4(pid, 0)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if status:
        raise SystemExit(f"{' '.join(argv)} ended with {status}: see {folder}/said")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall, usage.ru_maxrss / 1024)


def _silent(folder: Path) -> list[tuple[int, int, str, int, int]]:
    said = str(folder / "said")
    return [(os.POSIX_SPAWN_OPEN, fd, said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) for fd in (1, 2)]


class Pair(NamedTuple):
    """The same work by both."""

    make: Cost
    lab: Cost


class Bench:
    """A Lab, and a Makefile of the same jobs, in one folder."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        (folder / "lab.py").write_text(DEFINITION.format(count=count))
        tools = HostTools("/usr/bin:/bin", folder / "scratch", folder / "cache")
        self.home = folder / ".stageline"
        options = BuildOptions(home=self.home, capture=tools.environment, machine=os.uname().machine)
        build(folder / "lab.py", folder / "result", options)
        lab = read_lab(folder / "result")
        self.places = Places(lab)
        self.jobs = list(lab.plan.jobs.values())
        self.tools = self.places.tools(self.jobs[0].parts["run"].ingredients.environment)

    def lab(self) -> Cost:
        argv = (str(PROGRAM), "-q", "run", "--lab", str(self.folder / "result"), "-j", "2")
        return measure(argv, self.folder, os.environb)

    def make(self) -> Cost:
        argv = ("/usr/bin/make", "-s", "-j2", "-f", str(self.folder / "Makefile"))
        return measure(argv, self.folder, self.tools.variables)

    def clean_lab(self) -> None:
        """As after the build."""
        shutil.rmtree(self.home / "records", ignore_errors=True)
        for job in self.jobs:
            shutil.rmtree(self.places.out(job), ignore_errors=True)
            Path(self.places.log(job)).unlink(missing_ok=True)
        for file in self.home.glob("stageline.db*"):
            file.unlink()

    def clean_make(self) -> None:
        shutil.rmtree(self.folder / "made", ignore_errors=True)
        for job in self.jobs:
            (self.folder / "made" / job.folder).mkdir(parents=True)
        lines = [f"all: {' '.join(str(self._made(job)) for job in self.jobs)}"]
        for job in self.jobs:
            made = self._made(job)
            lines += [
                f"{made}: export out = {made.parent}",
                f"{made}:",
                f"\t@{self.tools.bash} {self.places.executable(job, 'run')}",
            ]
        (self.folder / "Makefile").write_text("\n".join(lines) + "\n")

    def _made(self, job: Job) -> Path:
        return self.folder / "made" / job.folder / "said"


def best(costs: Sequence[Cost]) -> Cost:
    """The least of several, each by itself: what others do to the machine only adds."""
    return Cost(*map(min, zip(*costs, strict=True)))


def rows(folder: Path, count: int, rounds: int) -> list[Row]:
    bench = Bench(folder, count)
    all_, again = list[Pair](), list[Pair]()
    for _ in range(rounds):  # side by side, so that a busy machine is so for both
        bench.clean_make()
        bench.clean_lab()
        all_.append(Pair(bench.make(), bench.lab()))
    again += [Pair(bench.make(), bench.lab()) for _ in range(rounds)]
    first, second = _best(all_), _best(again)
    ratio = first.lab.wall / first.make.wall
    return [
        Row(f"{count:,} jobs of a Lab, 2 at a time", round(ratio, 3), "x make", SLOWER, _details(first)),
        Row("  its memory", round(first.lab.peak), "MB", MEMORY, {}),
        Row(f"{count:,} jobs of a Lab, all finished", round(second.lab.wall, 3), "s", SECONDS, _details(second)),
        Row("  its memory, all finished", round(second.lab.peak), "MB", MEMORY, {}),
    ]


def _best(pairs: Sequence[Pair]) -> Pair:
    return Pair(best([pair.make for pair in pairs]), best([pair.lab for pair in pairs]))


def _details(pair: Pair) -> Mapping[str, float]:
    make, lab = pair
    told = {"lab_s": lab.wall, "make_s": make.wall, "cpu_ratio": lab.cpu / make.cpu}
    return {name: round(value, 2) for name, value in told.items()}


def main(count: int = COUNT, rounds: int = ROUNDS) -> int:
    with tempfile.TemporaryDirectory(prefix="stageline-bench-") as folder:
        found = rows(Path(folder), count, rounds)
    show(found)
    if count == COUNT:
        keep(found, RESULTS)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
