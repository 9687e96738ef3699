"""Why a job is another than the one of its stage that was finished before: which of its ingredients differ.

It is compared with the finished job that differs least, of several with the one that ended last: of this Lab, or of any
other that its home still has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.lab.explain import Explained, Explainer
from stageline.lab.inherited import Inherited
from stageline.lab.lab_diff import side_of
from stageline.lab.model import Job
from stageline.lab.nearest import Candidate, nearest
from stageline.lab.places import Places
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.record import Record, read_records
from stageline.lab.selecting import Selection, select
from stageline.lab.shelf import shelf_of
from stageline.lab.standing import Looking, standing_of

NOWHERE: Mapping[str, Record] = {}


class Why(msgspec.Struct, frozen=True):
    """`todo` says why it is to be run, empty when it is finished. `against` is None when no other job was finished;
    `lab` is where that one is.
    """

    job: Job
    todo: str
    record: Record | None
    against: Explained | None = None
    before: Record | None = None
    lab: str = ""


def why(lab: BuiltLab, id: str, elsewhere: Mapping[str, Record] = NOWHERE) -> Why:
    """Look at a job, and for the finished one that is closest to it. `elsewhere` is done where jobs are to run."""
    job, records = lab.plan.jobs[id], {**read_records(lab.home.records), **elsewhere}
    asked = select(lab.plan, (id,))
    todo = standing_of(
        lab.plan, Selection((), asked.jobs, asked.asked), Places(lab), Looking(elsewhere=elsewhere)
    ).todo.get(id, "")
    known = Why(job, todo, records.get(id))
    wanted = Candidate(job, Inherited(lab.plan.jobs).of(id))
    finished = {id: record for id, record in records.items() if record.succeeded}
    best: dict[str, tuple[Candidate, BuiltLab]] = {}
    for other in _labs(lab):
        for one in _finished(other, wanted, finished):
            best.setdefault(one.job.id, (one, other))
    closest = nearest(wanted, [one for one, _ in best.values()])
    if closest is None:
        return known
    found = best[closest.job.id][1]
    against = Explainer(side_of(found), side_of(lab)).explain(closest.job, job)
    return Why(job, todo, records.get(id), against, records[closest.job.id], found.id)


def _labs(lab: BuiltLab) -> Iterator[BuiltLab]:
    """This Lab, then the others of its home, the latest first; those that cannot be read are left out."""
    yield lab
    for shelved in shelf_of(lab.home):
        if shelved.id != lab.id and (other := _readable(shelved.root)) is not None:
            yield other


def _readable(path: Path) -> BuiltLab | None:
    try:
        lab = read_lab(path)
        return lab if lab.plan.jobs else None
    except ConfigError:
        return None


def _finished(lab: BuiltLab, wanted: Candidate, finished: Mapping[str, Record]) -> Iterator[Candidate]:
    inherited = Inherited(lab.plan.jobs)
    for job in lab.plan.jobs.values():
        if job.stage == wanted.job.stage and job.id != wanted.job.id and job.id in finished:
            yield Candidate(job, inherited.of(job.id), finished[job.id].ended)
