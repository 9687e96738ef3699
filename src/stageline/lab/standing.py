"""How the jobs of a Lab stand: which are done, and why the others are to be run. The records say, and the outputs.

A job that looks at runs whose jobs may fail is done only while the same jobs of these have succeeded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from stageline.errors import DomainError
from stageline.lab.identity import jobs_digest
from stageline.lab.model import FromRun, FromStore, Job, LabPlan
from stageline.lab.places import Places
from stageline.lab.record import Record, changes, read_records
from stageline.lab.selecting import Selection


class Standing(msgspec.Struct, frozen=True):
    """The records that there are, and why each job that is not done is to be run."""

    records: Mapping[str, Record]
    todo: Mapping[str, str]

    @property
    def done(self) -> frozenset[str]:
        """The jobs that have succeeded, and are not to be run again."""
        return frozenset(id for id, record in self.records.items() if record.succeeded and id not in self.todo)


NOWHERE: Mapping[str, Record] = {}


def standing_of(
    plan: LabPlan,
    selection: Selection,
    places: Places,
    verify: bool = False,
    elsewhere: Mapping[str, Record] = NOWHERE,
) -> Standing:
    """Look at all jobs of a selection; to `verify`, read the content of their outputs too.

    `elsewhere` are the records of what is done, and as it was, where the jobs are to run.
    """
    records = {**read_records(Path(places.records)), **elsewhere}
    looking = soft_views(plan)
    todo: dict[str, str] = {}
    for id in selection.jobs:
        record = records.get(id)
        if id in elsewhere:
            continue
        if record is None:
            todo[id] = "it was never run to its end"
        elif not record.succeeded:
            todo[id] = "it failed"
        elif record.outputs and (changed := changes(record, places.out(plan.jobs[id]), verify)):
            todo[id] = next(iter(changed.values()))
    views = {runs: _view(plan, runs, records, todo) for runs in set(looking.values())}
    for id in selection.jobs if looking else ():
        if id in looking and id not in todo and (why := _looks_anew(records[id], views[looking[id]])):
            todo[id] = why
    _check_soft(plan, selection, records, todo)
    return Standing(records, todo)


def _view(plan: LabPlan, runs: tuple[str, ...], records: Mapping[str, Record], todo: Mapping[str, str]) -> str:
    """What stands for what there is to see in these runs; empty when that is about to change."""
    if any(id in todo for name in runs for id in plan.runs[name].jobs):
        return ""
    return seen_by(plan, runs, records)


def _looks_anew(record: Record, view: str) -> str:
    if not view:
        return "it looks at jobs that are to be run"
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


def looks(job: Job) -> bool:
    """Whether a job reads what other runs have made."""
    wires = (wire for part in job.parts.values() for wire in part.ingredients.inputs.values())
    return any(isinstance(wire, FromRun | FromStore) for wire in wires)


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
