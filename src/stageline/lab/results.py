"""A built Lab as data: its runs, its jobs, and what these have made. How jobs ended is read once, when it is asked for.

`from_path` reads a Lab; `from_run_metadata` is for stages that analyse a run, and are given its manifest alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stageline.errors import ConfigError, UnknownName, did_you_mean
from stageline.lab.inherited import Inherited, Values
from stageline.lab.job_results import JobResults, Jobs
from stageline.lab.layout import Home
from stageline.lab.manifest import RunManifest, read_document
from stageline.lab.model import LabPlan, PlannedRun
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.record import Record, read_records
from stageline.lab.selecting import job_named
from stageline.lab.unpack import open_lab
from stageline.load.source import Place

if TYPE_CHECKING:
    from pandas import DataFrame

STATE = ".stageline"


class RunResults:
    """A run of a Lab, with its jobs."""

    __slots__ = ("_lab", "plan")

    def __init__(self, lab: LabResults, plan: PlannedRun) -> None:
        self._lab = lab
        self.plan = plan

    def __repr__(self) -> str:
        return f"<run {self.name}: {len(self.plan.jobs)} jobs>"

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that it belongs to."""
        return self.plan.groups

    @property
    def needs(self) -> Mapping[str, str]:
        """The runs before it: `hard` ones must have succeeded, `soft` ones ended."""
        return dict(self.plan.needs)

    def jobs(self) -> Jobs:
        """Its jobs in topological order."""
        return self._lab.some(self.plan.jobs)


class LabResults:
    """A built Lab, with what its jobs have made."""

    def __init__(self, id: str, plan: LabPlan, jobs_folder: Path) -> None:
        self.id = id
        self.plan = plan
        self.jobs_folder = jobs_folder
        self._inherited = Inherited(plan.jobs)
        self._known: dict[str, Values] = {}

    @classmethod
    def from_path(cls, path: str | PathLike[str], home: str | PathLike[str] | None = None) -> LabResults:
        """The Lab in a folder, behind a link, or in a tar.

        What is in a tar is taken into `home` first, by default `.stageline` beside it, where its results are.
        """
        place = Path(path)
        lab = open_lab(place, Path(home) if home else place.absolute().parent / STATE) if place.is_file() else None
        return results_of(lab or read_lab(place))

    @classmethod
    def from_run_metadata(cls, metadata: str | PathLike[str], store_base: str | PathLike[str]) -> LabResults:
        """One run, for a stage that analyses it: its inputs `metadata__<run>` and `store__base` say where all is."""
        path, store = Path(metadata), Path(store_base)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; give the stage's input metadata__<run>") from error
        if not store.is_dir():
            raise ConfigError(f"{store} is no folder; give the stage's input store__base")
        manifest = read_document(content, RunManifest, str(path))
        run = PlannedRun(name=manifest.name, uses=manifest.uses, place=Place(str(path), 1, 1))
        plan = LabPlan(version="", jobs={job.id: job for job in manifest.jobs}, runs={run.name: run})
        return cls(path.stem, plan, store.resolve())

    def __repr__(self) -> str:
        return f"<lab {self.id[:12]}: {len(self.plan.runs)} runs, {len(self.plan.jobs)} jobs>"

    @cached_property
    def records(self) -> dict[str, Record]:
        """How jobs have ended, by their ids."""
        return read_records(Home(self.jobs_folder.parent).records)

    @cached_property
    def readers(self) -> dict[str, list[str]]:
        """The jobs that read the outputs of each."""
        found: dict[str, list[str]] = {}
        for job in self.plan.jobs.values():
            for need in job.needs:
                found.setdefault(need, []).append(job.id)
        return found

    @cached_property
    def params(self) -> tuple[str, ...]:
        """The names of all parameters that jobs have, those of the jobs before them among them."""
        return tuple(dict.fromkeys(name for id in self.plan.jobs for name in self.effective_params(id)))

    def runs(self) -> tuple[RunResults, ...]:
        """All runs, what is needed first before the rest."""
        return tuple(RunResults(self, run) for run in self.plan.runs.values())

    def run(self, name: str) -> RunResults:
        """The run of this name."""
        if name not in self.plan.runs:
            known = did_you_mean(name, self.plan.runs) or f"; it has {', '.join(self.plan.runs) or 'none'}"
            raise UnknownName(f"the Lab has no run '{name}'{known}")
        return RunResults(self, self.plan.runs[name])

    def jobs(self) -> Jobs:
        """All jobs in topological order."""
        return self.some(self.plan.jobs)

    def job(self, prefix: str) -> JobResults:
        """The one job whose id begins so; UnknownName names all that do when there are several."""
        return JobResults(self, self.plan.jobs[job_named(self.plan, prefix)])

    def filter(self, **asked: Any) -> Jobs:
        """The jobs for which all of this holds, as `Jobs.filter` says."""
        return self.jobs().filter(**asked)

    def to_dataframe(self) -> DataFrame:
        """A row for each job."""
        return self.jobs().to_dataframe()

    def some(self, ids: Iterable[str]) -> Jobs:
        """The jobs of these ids."""
        return Jobs(self, [JobResults(self, self.plan.jobs[id]) for id in ids])

    def runs_of(self, id: str) -> tuple[str, ...]:
        """The runs that a job belongs to."""
        return self._runs_of.get(id, ())

    def groups_of(self, id: str) -> tuple[str, ...]:
        """The groups that a job belongs to."""
        return tuple(dict.fromkeys(group for run in self.runs_of(id) for group in self.plan.runs[run].groups))

    def effective_params(self, id: str) -> Values:
        """All parameters that decided a job."""
        if id not in self._known:
            self._known[id] = self._inherited.of(id)
        return self._known[id]

    @cached_property
    def _runs_of(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for run in self.plan.runs.values():
            for id in run.jobs:
                found.setdefault(id, []).append(run.name)
        return {id: tuple(names) for id, names in found.items()}


def results_of(lab: BuiltLab) -> LabResults:
    """What the jobs of a Lab have made."""
    return LabResults(lab.id, lab.plan, lab.home.jobs)
