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


def standing_of(plan: LabPlan, selection: Selection, places: Places, verify: bool = False) -> Standing:
    """Look at all jobs of a selection; to `verify`, read the content of their outputs too."""
    records = read_records(Path(places.records))
    looking = soft_views(plan)
    todo: dict[str, str] = {}
    for id in selection.jobs:
        record = records.get(id)
        if record is None:
            todo[id] = "it was never run to its end"
        elif not record.succeeded:
            todo[id] = "it failed"
        elif record.outputs and (changed := changes(record, places.out(plan.jobs[id]), verify)):
            todo[id] = next(iter(changed.values()))
    for id, runs in looking.items():
        if id in records and id not in todo and records[id].seen != seen_by(plan, runs, records, todo):
            todo[id] = "it looks at other jobs that have succeeded by now"
    wanted = {id: why for id, why in todo.items() if id in selection.jobs} if len(looking) else todo
    _check_soft(plan, selection, records, wanted)
    return Standing(records, wanted)


def soft_views(plan: LabPlan) -> dict[str, tuple[str, ...]]:
    """The jobs that look at runs which need only have ended, and these runs."""
    found: dict[str, tuple[str, ...]] = {}
    for run in plan.runs.values():
        soft = tuple(name for name, how in run.needs.items() if how == "soft")
        for id in run.jobs if soft else ():
            if id not in found and looks(plan.jobs[id]):
                found[id] = soft
    return found


def looks(job: Job) -> bool:
    """Whether a job reads what other runs have made."""
    wires = (wire for part in job.parts.values() for wire in part.ingredients.inputs.values())
    return any(isinstance(wire, FromRun | FromStore) for wire in wires)


def seen_by(plan: LabPlan, runs: Iterable[str], records: Mapping[str, Record], todo: Iterable[str] = ()) -> str:
    """What stands for the jobs of these runs that have succeeded."""
    left = frozenset(todo)
    jobs = {id for name in runs for id in plan.runs[name].jobs}
    return jobs_digest(id for id in jobs if id not in left and id in records and records[id].succeeded)


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
