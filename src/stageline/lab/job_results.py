"""Jobs of a built Lab with what they have made: one, and several that can be narrowed. Nothing is run or changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, overload

from stageline.errors import ConfigError, DomainError, UnknownName, did_you_mean
from stageline.lab.filtering import Condition, conditions, refuse_unknown
from stageline.lab.inherited import Value, Values
from stageline.lab.model import Job, LabPlan
from stageline.lab.places import LOG
from stageline.lab.record import Record
from stageline.lab.scalar import Scalar, dashed
from stageline.model.status import Status

if TYPE_CHECKING:
    from pandas import DataFrame

SHORT = 12


class Known(Protocol):
    """What a job must know of its Lab."""

    id: str
    plan: LabPlan
    jobs_folder: Path

    @property
    def records(self) -> Mapping[str, Record]: ...
    @property
    def readers(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def params(self) -> Sequence[str]: ...
    def some(self, ids: Iterable[str]) -> Jobs: ...
    def runs_of(self, id: str) -> tuple[str, ...]: ...
    def groups_of(self, id: str) -> tuple[str, ...]: ...
    def effective_params(self, id: str) -> Values: ...


class JobResults:
    """A job, how it ended, and its outputs. Two are equal when they are the same job."""

    __slots__ = ("_lab", "plan")

    def __init__(self, lab: Known, plan: Job) -> None:
        self._lab = lab
        self.plan = plan

    def __repr__(self) -> str:
        params = "".join(f", {name}={value!r}" for name, value in self.effective_params.items())
        return f"<job {self.id[:SHORT]} {self.name}: {self.status}{params}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobResults) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def id(self) -> str:
        return self.plan.id

    @property
    def name(self) -> str:
        """The `pname` of its stage."""
        return self.plan.pname

    @property
    def stage(self) -> str:
        """The stage as its author calls it; other than the name where `pname` depends on parameters."""
        return self.plan.stage

    @property
    def version(self) -> str:
        return self.plan.version

    @property
    def runs(self) -> tuple[str, ...]:
        """The names of the runs that it belongs to."""
        return self._lab.runs_of(self.id)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of these runs."""
        return self._lab.groups_of(self.id)

    @property
    def params(self) -> dict[str, Scalar]:
        """The parameters that its stage declares."""
        return {name: param.value for name, param in self.plan.params.items()}

    @property
    def effective_params(self) -> dict[str, Value]:
        """All parameters that decided it: its own, and those of the jobs before it.

        Where these do not agree about one, each is there as `stage.name`.
        """
        return self._lab.effective_params(self.id)

    @property
    def record(self) -> Record | None:
        """How it ended; None when it has not."""
        return self._lab.records.get(self.id)

    @property
    def status(self) -> Status:
        """SUCCEEDED or FAILED, as its record says; NOT_STARTED when it has none."""
        if (record := self.record) is None:
            return Status.NOT_STARTED
        return Status.SUCCEEDED if record.succeeded else Status.FAILED

    @property
    def started(self) -> datetime | None:
        record = self.record
        return None if record is None else _moment(record.started)

    @property
    def ended(self) -> datetime | None:
        record = self.record
        return None if record is None else _moment(record.ended)

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        record = self.record
        return None if record is None else (record.ended - record.started) / 1_000_000

    @property
    def folder(self) -> Path:
        """Its folder, with `bin`, `out` and its log."""
        return self._lab.jobs_folder / self.plan.folder

    @property
    def log(self) -> Path:
        """The file of what it said."""
        return self.folder / LOG

    @property
    def outputs(self) -> dict[str, Path]:
        """Where its outputs are, or will be."""
        return {name: self.folder / "out" / path.partition("/")[2] for name, path in self.plan.outputs.items()}

    @property
    def upstream(self) -> Jobs:
        """The jobs whose outputs it reads."""
        return self._lab.some(self.plan.needs)

    @property
    def downstream(self) -> Jobs:
        """The jobs that read its outputs."""
        return self._lab.some(self._lab.readers.get(self.id, ()))

    def path(self, output: str | None = None) -> Path:
        """Where an output is; the name may be left out when there is only one."""
        outputs = self.outputs
        if output is None and len(outputs) == 1:
            return next(iter(outputs.values()))
        found = next((path for name, path in outputs.items() if output and dashed(name) == dashed(output)), None)
        if found is not None:
            return found
        have = f"it has {', '.join(outputs) or 'none'}"
        if output is None:
            raise UnknownName(f"{self._words} has {len(outputs)} outputs: say which; {have}")
        raise UnknownName(f"{self._words} has no output '{output}'{did_you_mean(output, outputs) or f'; {have}'}")

    def load_text(self, output: str | None = None, encoding: str = "utf-8") -> str:
        """An output as text."""
        path = self._made(output)
        try:
            return path.read_text(encoding=encoding)
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"{path} cannot be read as {encoding} text: {error}") from error

    def load_json(self, output: str | None = None) -> Any:
        """An output as the value that it holds as JSON."""
        text = self.load_text(output)
        try:
            return json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{self.path(output)} is no JSON: {error}") from error

    def load_csv(self, output: str | None = None, /, **options: Any) -> DataFrame:
        """An output as a table, read by `pandas.read_csv` with these options."""
        from stageline.lab.frames import read_csv

        return read_csv(self._made(output), options)

    def load_parquet(self, output: str | None = None, /, **options: Any) -> DataFrame:
        """An output as a table, read by `pandas.read_parquet` with these options."""
        from stageline.lab.frames import read_parquet

        return read_parquet(self._made(output), options)

    @property
    def _words(self) -> str:
        return f"job {self.id[:SHORT]} of stage '{self.stage}'"

    def _made(self, output: str | None) -> Path:
        """The path of an output that is there."""
        path = self.path(output)
        if path.exists():
            return path
        how = {Status.FAILED: "has failed", Status.NOT_STARTED: "was not run yet"}
        why = how.get(self.status, "has made it, and it is there no more")
        raise DomainError(f"there is no {path}: {self._words} {why}; stageline run --lab … {self.id[:SHORT]} runs it")


class Jobs(Sequence[JobResults]):
    """Jobs in topological order."""

    __slots__ = ("_jobs", "_lab")

    def __init__(self, lab: Known, jobs: Sequence[JobResults]) -> None:
        self._lab = lab
        self._jobs = tuple(jobs)

    @overload
    def __getitem__(self, at: int) -> JobResults: ...
    @overload
    def __getitem__(self, at: slice) -> Jobs: ...
    def __getitem__(self, at: int | slice) -> JobResults | Jobs:
        return Jobs(self._lab, self._jobs[at]) if isinstance(at, slice) else self._jobs[at]

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[JobResults]:
        return iter(self._jobs)

    def __repr__(self) -> str:
        return f"<{len(self)} jobs of lab {self._lab.id[:12]}>"

    def filter(self, **asked: Any) -> Jobs:
        """Those for which all of this holds, of `name`, `stage`, `version`, `status`, `run`, `group`, `id`, parameters.

        `seed=42` asks for the value; `__lt`, `__le`, `__gt`, `__ge`, `__ne`, `__in`, `__contains`, `__startswith` and
        `__endswith` behind a name compare otherwise. Parameters are those of `effective_params`.
        """
        found = conditions(asked, self._lab.params)
        refuse_unknown(found, _names_in(self._lab.plan))
        return Jobs(self._lab, [job for job in self._jobs if all(one.holds(_values(job, one)) for one in found)])

    def to_dataframe(self) -> DataFrame:
        """A row for each job: what it is, how and when it ended, and its parameters (those of `effective_params`)."""
        from stageline.lab.frames import frame

        return frame(columns_of(self._jobs))


def _names_in(plan: LabPlan) -> Mapping[str, Iterable[str]]:
    """All that jobs can be asked for by name."""
    return {
        "name": (job.pname for job in plan.jobs.values()),
        "stage": (job.stage for job in plan.jobs.values()),
        "status": map(str, (Status.SUCCEEDED, Status.FAILED, Status.NOT_STARTED)),
        "run": plan.runs,
        "group": plan.groups,
    }


def _values(job: JobResults, condition: Condition) -> tuple[Any, ...]:
    if not condition.is_field:
        params = job.effective_params
        return (params[condition.name],) if condition.name in params else ()
    match condition.name:
        case "run":
            return job.runs
        case "group":
            return job.groups
        case "status":
            return (str(job.status),)
        case name:
            return (getattr(job, name),)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1_000_000, UTC)


def columns_of(every: Sequence[JobResults]) -> dict[str, list[Any]]:
    """What is known of jobs, by columns: what it is, how it ended, and its parameters under their own names."""
    records = [job.record for job in every]
    found: dict[str, list[Any]] = {
        "job": [job.id for job in every],
        "name": [job.name for job in every],
        "stage": [job.stage for job in every],
        "run": [" ".join(job.runs) for job in every],
        "status": [str(job.status) for job in every],
        "started": [record.started if record else None for record in records],
        "ended": [record.ended if record else None for record in records],
        "seconds": [job.seconds for job in every],
    }
    given = [job.effective_params for job in every]
    names = dict.fromkeys(name for params in given for name in params)
    for name in names:
        found[f"params.{name}" if name in found else name] = [params.get(name) for params in given]
    return found
