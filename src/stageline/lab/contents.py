"""What scripts read of what jobs have made, as digests: a record tells them, and a job whose inputs have others now is
not done.

Content that cannot be told, as its job has no record, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TypeAlias

from stageline.lab.model import FromJob, FromRun, FromStore, Job, LabPlan, Part
from stageline.lab.record import Record

RecordOf: TypeAlias = Callable[[str], Record | None]
RUN = "run:"
GATHER = "gather"


class Contents:
    """What the jobs of a plan have made. `record_of` finds the record of a job."""

    def __init__(self, plan: LabPlan, record_of: RecordOf) -> None:
        self._plan = plan
        self._record_of = record_of
        self._seen: dict[str, str] = {}
        self.looked_at = runs_looked_at(plan)

    def read_by(self, job: Job, part: Part) -> dict[str, str]:
        """What a script reads that other jobs have made: by its input, or by the run whose outputs it looks at."""
        found: dict[str, str] = {}
        for name, wire in part.ingredients.inputs.items():
            match wire:
                case FromJob(id, output):
                    made = self._record_of(id)
                    if made is not None and output in made.outputs:
                        found[name] = made.outputs[output].digest
                case FromRun() | FromStore():
                    found.update((f"{RUN}{run}", self._of_run(run)) for run in self.looked_at.get(job.id, ()))
                case _:
                    pass  # it is the author's, or known inside of the job alone
        return found

    def read_below(self, job: Job) -> dict[str, str]:
        """What the parts of a scatter-gather read before the gather, each after the name of its part."""
        parts = job.parts.items() if job.scattered is not None else ()
        return {
            f"{key}.{name}": digest
            for key, part in parts
            if key != GATHER
            for name, digest in self.read_by(job, part).items()
        }

    def read_in_all(self, job: Job) -> dict[str, str]:
        """What the record of a job tells."""
        last = job.body if job.scattered is None else job.scattered.gather
        assert last is not None
        return {**self.read_by(job, last), **self.read_below(job)}

    def forget_runs(self) -> None:
        """Jobs have ended since."""
        self._seen.clear()

    def _of_run(self, run: str) -> str:
        if run not in self._seen:
            self._seen[run] = digest_of(self._made_in(run))
        return self._seen[run]

    def _made_in(self, run: str) -> Iterator[str]:
        for id in sorted(self._plan.runs[run].jobs):
            record = self._record_of(id)
            if record is not None and record.succeeded:
                yield f"{id} {made_by(record)}"


def runs_looked_at(plan: LabPlan) -> dict[str, tuple[str, ...]]:
    """The jobs that read what other runs have made, and these runs."""
    found: dict[str, tuple[str, ...]] = {}
    for run in plan.runs.values():
        for id in run.jobs if run.needs else ():
            if looks(plan.jobs[id]):
                found[id] = tuple(sorted({*found.get(id, ()), *run.needs}))
    return found


def looks(job: Job) -> bool:
    """Whether a job reads what other runs have made."""
    wires = (wire for part in job.parts.values() for wire in part.ingredients.inputs.values())
    return any(isinstance(wire, FromRun | FromStore) for wire in wires)


def made_by(record: Record) -> str:
    """What stands for all outputs of a script."""
    return " ".join(f"{name} {output.digest}" for name, output in sorted(record.outputs.items()))


def digest_of(lines: Iterable[str]) -> str:
    """What stands for several texts in their order."""
    return sha256("\n".join(lines).encode()).hexdigest()


def others(now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    """The names whose content is another than it was, as far as both are known."""
    return [name for name, digest in now.items() if then.get(name, digest) != digest]
