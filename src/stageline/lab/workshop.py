"""Executes the jobs of one Lab: what is done already is not done again, by anybody.

Equal parts that come up twice at a time are done once, for both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, assert_never

import msgspec

from stageline.lab.about import About
from stageline.lab.contents import Contents, others
from stageline.lab.crew import Crew
from stageline.lab.ended import DONE, DONE_BEFORE
from stageline.lab.layout import input_path
from stageline.lab.model import (
    FromFile,
    FromItem,
    FromJob,
    FromRun,
    FromScatter,
    FromStep,
    FromStore,
    FromWorkers,
    Job,
    Part,
    Wire,
)
from stageline.lab.record import Record, remove_record
from stageline.lab.run_of import READ
from stageline.lab.script import file_input
from stageline.lab.standing import seen_by, soft_views
from stageline.lab.unit import Unit
from stageline.model.resources import Resources
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.tasks.later import Answer
from stageline.tasks.task import RunningStage

T = TypeVar("T")


class Workshop:
    """What the tasks of one Lab share. `records` are those there were; those of `todo` do not count."""

    def __init__(self, about: About, crew: Crew, records: Mapping[str, Record]) -> None:
        self.plan = about.plan
        self.places = about.places
        self.records = dict(records)
        self._about = about
        self._crew = crew
        self._looking = soft_views(about.plan)
        self._seen: dict[tuple[str, ...], str] = {}
        self.contents = Contents(about.plan, lambda id: self.record(about.places.records, id))
        looking = (*self._looking.values(), *self.contents.looked_at.values())
        self._watched = {id for run in {run for runs in looking for run in runs} for id in about.plan.runs[run].jobs}
        self._active: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self._kept: dict[str, Any] = {}

    def do(self, stage: RunningStage, unit: Unit, answer: Answer) -> None:
        """Have a script run, unless it has been or is just being run."""
        if self.is_done(unit):
            self._have(unit, stage.record.started_at or 0, answer)
            return
        with self._lock:
            waiting = self._active.setdefault(unit.id, [])
            waiting.append(answer)
            if len(waiting) > 1:
                return
        if unit.id in self.records:
            self.forget(unit.records, unit.id)
        read = READ in stage.execution.settings
        self._crew.submit(unit, lambda result: self._ended(unit.id, result), read)
        cancellation = stage.execution.cancellation
        cancellation.on_cancel(lambda: self._stop(unit.id, cancellation))

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happens before something ends by itself."""
        return self._crew.is_quiet

    def forget(self, folder: str, id: str) -> None:
        """From now on this has not been run."""
        self._crew.forget([id])
        remove_record(Path(folder), id)
        self.records.pop(id, None)

    def is_done(self, unit: Unit) -> bool:
        """Whether its record and its outputs are as they were when it succeeded."""
        record = self.records.get(unit.id)
        if record is None or not record.succeeded or record.seen != unit.seen or others(unit.read, record.read):
            return False
        return self._crew.holds(record, unit)

    def _stop(self, id: str, cancellation: Cancellation) -> None:
        end = self._crew.leave if cancellation.left else self._crew.stop
        end(id, cancellation.reason)

    def record(self, folder: str, id: str) -> Record | None:
        """How a script has ended; what has ended since is read when somebody asks."""
        known = self.records.get(id)
        if known is _SUCCEEDED and (known := self._crew.record(folder, id)) is not None:
            self.records[id] = known
        return known

    def _have(self, unit: Unit, begun: int, answer: Answer) -> None:
        """Answer, for a stage that began then, that a script is done: whether that was before or not.

        The record is brought up to date with what other parts have read meanwhile.
        """
        record, renewed = self.record(unit.records, unit.id), None
        if record is not None and others(unit.below, record.read):
            record = renewed = msgspec.structs.replace(record, read={**unit.read, **unit.below})
            self.records[unit.id] = record
        done = DONE if record is None or record.ended >= begun else DONE_BEFORE
        self._crew.have(unit, renewed, lambda result: answer(done if result is DONE else result))

    def _ended(self, id: str, result: TaskResult) -> None:
        if result is DONE:
            self.records[id] = _SUCCEEDED
            if id in self._watched:
                self._seen.clear()
                self.contents.forget_runs()
        with self._lock:
            waiting = self._active.pop(id)
        for answer in waiting:
            answer(result)

    def unit(self, job: Job) -> Unit:
        """The script of a simple job."""
        assert job.body is not None
        return Unit(
            id=job.id,
            name=job.pname,
            executable=self.places.executable(job, "run"),
            out=self.places.out(job),
            log=self.places.log(job),
            records=self.places.records,
            inputs=self.inputs(job.body),
            outputs=job.outputs,
            environment=job.body.ingredients.environment,
            resources=self._about.resources(job, job.body),
            params=job.params,
            place=job.place,
            reads=self._records_for(job.body),
            seen=self._sees(job.id) if job.id in self._looking else "",
            read=self.contents.read_by(job, job.body) if job.body.ingredients.inputs else {},
        )

    def _records_for(self, part: Part) -> tuple[str, ...]:
        """Who has the folder of all outputs may see how the jobs ended that made them."""
        has_store = any(isinstance(wire, FromStore) for wire in part.ingredients.inputs.values())
        return (self.places.records,) if has_store and Path(self.places.records).is_dir() else ()

    def _sees(self, id: str) -> str:
        """What stands for the jobs that a job looks at, as they are now."""
        runs = self._looking[id]
        if runs not in self._seen:
            self._seen[runs] = seen_by(self.plan, runs, self.records)
        return self._seen[runs]

    def kept(self, job: str, make: Callable[[Workshop, Job], T]) -> T:
        """What was made of a job, made once."""
        if job not in self._kept:
            self._kept[job] = make(self, self.plan.jobs[job])
        found: T = self._kept[job]
        return found

    def resources(self, job: Job, part: Part) -> Resources:
        """What a script of a job is given."""
        return self._about.resources(job, part)

    def inputs(self, part: Part, inside: Mapping[str, str] | None = None) -> dict[str, str]:
        """The paths of a script's inputs; `inside` are those that only its scatter-gather knows."""
        of, known = part.ingredients, inside or {}
        return {
            **{name: known[name] if name in known else self._path(wire) for name, wire in of.inputs.items()},
            **{
                file_input(name): self.places.taken(input_path(param.digest, str(param.value)))
                for name, param in of.params.items()
                if param.digest
            },
        }

    def _path(self, wire: Wire) -> str:
        match wire:
            case FromJob(id, output):
                job = self.plan.jobs[id]
                return f"{self.places.out(job)}/{job.outputs[output].partition('/')[2]}"
            case FromFile(path):
                return self.places.taken(path)
            case FromRun(run):
                return str(self.places.lab.manifest_file(run))
            case FromStore():
                return self.places.jobs
            case FromScatter() | FromStep() | FromItem() | FromWorkers():
                raise AssertionError(f"{wire!r} is known to its scatter-gather alone")
            case _:
                assert_never(wire)


_SUCCEEDED = Record(job="", exit_code=0, started=0, ended=0, host="")
