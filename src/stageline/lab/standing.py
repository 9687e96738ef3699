"""How the jobs of a Lab stand: which are done, and why the others are to be run. The records say, and the outputs.

A job is done only while what it has read of other jobs has the same content; and one that looks at runs whose jobs may
fail, only while the same jobs of these have succeeded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from stageline.errors import DomainError
from stageline.lab.contents import RUN, Contents, looks, others
from stageline.lab.identity import jobs_digest
from stageline.lab.model import FromJob, Job, LabPlan
from stageline.lab.places import Places
from stageline.lab.record import Record, changes, read_records
from stageline.lab.selecting import Selection

IF_OTHER = "it runs if that has other content"
TO_BE_RUN = "it looks at jobs that are to be run"


class Standing(msgspec.Struct, frozen=True):
    """The records that there are, and why each job that is not done is to be run."""

    records: Mapping[str, Record]
    todo: Mapping[str, str]

    @property
    def done(self) -> frozenset[str]:
        """The jobs that have succeeded, and are not to be run again."""
        return frozenset(id for id, record in self.records.items() if record.succeeded and id not in self.todo)

    @property
    def outdated(self) -> tuple[str, ...]:
        """The jobs that have succeeded, and are to be run again whatever happens before them."""
        certain = (id for id, why in self.todo.items() if not is_perhaps(why))
        return tuple(id for id in certain if id in self.records and self.records[id].succeeded)

    @property
    def perhaps(self) -> int:
        """How many of the jobs run only if those before them, which are made anew, turn out to be others."""
        return sum(map(is_perhaps, self.todo.values()))


def is_perhaps(why: str) -> bool:
    """Whether a job that is to be run for this reason is so only if what it reads turns out to be another."""
    return why.endswith((IF_OTHER, TO_BE_RUN))


class Looking(msgspec.Struct, frozen=True):
    """How to look: to `verify`, the content of outputs is read too, and jobs that are `forced` are not done.

    `elsewhere` are records of what is done, and as it was, where jobs are to run if that is not here.
    """

    verify: bool = False
    forced: Collection[str] = ()
    elsewhere: Mapping[str, Record] = {}


HERE = Looking()


def standing_of(plan: LabPlan, selection: Selection, places: Places, looking: Looking = HERE) -> Standing:
    """Look at all jobs of a selection."""
    elsewhere, forced = looking.elsewhere, looking.forced
    records = {**read_records(Path(places.records)), **elsewhere}
    known = {id: record for id, record in records.items() if id not in forced} if forced else records
    reading = _Reading(plan, records)
    todo: dict[str, str] = {}
    for id in selection.jobs:
        job, record = plan.jobs[id], records.get(id)
        if record is None:
            todo[id] = "it was never run to its end"
        elif not record.succeeded:
            todo[id] = "it failed"
        elif id not in elsewhere and record.outputs and (changed := changes(record, places.out(job), looking.verify)):
            todo[id] = next(iter(changed.values()))
        elif id in forced:
            todo[id] = "it was asked for by --force"
        elif why := reading.why(job, record, todo):
            todo[id] = why
    _look_anew(plan, selection, records, todo)
    _check_soft(plan, selection, records, todo)
    return Standing(known, todo)


class _Reading:
    """Whether jobs would read now what they have read."""

    def __init__(self, plan: LabPlan, records: Mapping[str, Record]) -> None:
        self._plan = plan
        self._contents = Contents(plan, records.get)

    def why(self, job: Job, record: Record, todo: Mapping[str, str]) -> str:
        """Why a job is not done; empty when it is. `todo` has all before it that are not."""
        looked_at = self._contents.looked_at.get(job.id, ())
        if not job.needs and not looked_at:
            return ""
        if changed := others(self._contents.read_in_all(job), record.read):
            return _other(changed[0])
        if any(need in todo for need in job.needs):
            return f"the input '{_made_anew(job, todo)}' is made anew: {IF_OTHER}"
        for run in looked_at:
            if any(id in todo for id in self._plan.runs[run].jobs):
                return f"the outputs of run '{run}' are made anew: {IF_OTHER}"
        return ""


def _other(name: str) -> str:
    if name.startswith(RUN):
        return f"the outputs of run '{name.removeprefix(RUN)}' are others now"
    return f"the input '{name}' has other content now"


def _made_anew(job: Job, todo: Mapping[str, str]) -> str:
    wires = (pair for part in job.parts.values() for pair in part.ingredients.inputs.items())
    return next(name for name, wire in wires if isinstance(wire, FromJob) and wire.job in todo)


def _look_anew(plan: LabPlan, selection: Selection, records: Mapping[str, Record], todo: dict[str, str]) -> None:
    """Those that look at other jobs than they did are not done."""
    looking = soft_views(plan)
    views = {runs: _view(plan, runs, records, todo) for runs in set(looking.values())}
    for id in selection.jobs if looking else ():
        if id in looking and id not in todo and (why := _looks_anew(records[id], views[looking[id]])):
            todo[id] = why


def _view(plan: LabPlan, runs: tuple[str, ...], records: Mapping[str, Record], todo: Mapping[str, str]) -> str:
    """What stands for what there is to see in these runs; empty when that is about to change."""
    if any(id in todo for name in runs for id in plan.runs[name].jobs):
        return ""
    return seen_by(plan, runs, records)


def _looks_anew(record: Record, view: str) -> str:
    if not view:
        return TO_BE_RUN
    return "" if record.seen == view else "it looks at jobs of which others have succeeded by now"


def soft_views(plan: LabPlan) -> dict[str, tuple[str, ...]]:
    """The jobs that look at runs which need only have ended, themselves or through others, and these runs."""
    found: dict[str, tuple[str, ...]] = {}
    for run in plan.runs.values():
        if not run.needs:
            continue
        seen = {name for name, how in run.needs.items() if how == "soft"}
        seen.update(*(found[id] for name in run.needs for id in plan.runs[name].jobs if id in found))
        for id in run.jobs if seen else ():
            if looks(plan.jobs[id]):
                found[id] = tuple(sorted({*found.get(id, ()), *seen}))
    for id, job in plan.jobs.items() if found else ():
        if above := {name for need in job.needs for name in found.get(need, ())}:
            found[id] = tuple(sorted({*found.get(id, ()), *above}))
    return found


def seen_by(plan: LabPlan, runs: Iterable[str], records: Mapping[str, Record]) -> str:
    """What stands for the jobs of these runs that have succeeded."""
    jobs = {id for name in runs for id in plan.runs[name].jobs}
    return jobs_digest(id for id in jobs if id in records and records[id].succeeded)


def _check_soft(plan: LabPlan, selection: Selection, records: Mapping[str, Record], todo: Mapping[str, str]) -> None:
    """DomainError when a run is to begin before another that must have ended, which nobody asked to run."""
    for name in selection.runs:
        if not any(id in todo for id in plan.runs[name].jobs):
            continue
        for need, how in plan.runs[name].needs.items():
            if how == "soft" and need not in selection.runs:
                left = [id for id in plan.runs[need].jobs if id not in records]
                if left:
                    raise DomainError(
                        f"run '{name}' begins when run '{need}' has ended, and {len(left)} of its "
                        f"{len(plan.runs[need].jobs)} jobs never have: run '{need}' first, or both"
                    )
