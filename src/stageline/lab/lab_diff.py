"""What is different between two Labs: jobs that were added or removed, and those that changed, with what did."""

from __future__ import annotations

import msgspec

from stageline.lab.explain import Explained, Explainer, Side
from stageline.lab.inherited import Inherited, Values
from stageline.lab.nearest import Candidate, pairs
from stageline.lab.read import BuiltLab


class ListedJob(msgspec.Struct, frozen=True):
    """A job that only one of the two has."""

    job: str
    stage: str
    params: Values


class LabDiff(msgspec.Struct, frozen=True):
    """`old` and `new` are the ids of the Labs; `same` counts the jobs that both have; runs are told by name."""

    old: str
    new: str
    same: int
    added: tuple[ListedJob, ...]
    removed: tuple[ListedJob, ...]
    changed: tuple[Explained, ...]
    added_runs: tuple[str, ...]
    removed_runs: tuple[str, ...]


def diff_labs(old: BuiltLab, new: BuiltLab) -> LabDiff:
    """Compare two Labs job by job."""
    gone = _candidates(old, new)
    come = _candidates(new, old)
    explainer = Explainer(side_of(old), side_of(new))
    paired = pairs(gone, come)
    stayed = {one.job.id for pair in paired for one in pair}
    return LabDiff(
        old=old.id,
        new=new.id,
        same=len(new.plan.jobs) - len(come),
        added=tuple(_listed(one) for one in come if one.job.id not in stayed),
        removed=tuple(_listed(one) for one in gone if one.job.id not in stayed),
        changed=tuple(explainer.explain(before.job, after.job) for before, after in paired),
        added_runs=tuple(name for name in new.plan.runs if name not in old.plan.runs),
        removed_runs=tuple(name for name in old.plan.runs if name not in new.plan.runs),
    )


def side_of(lab: BuiltLab) -> Side:
    """A Lab as a side of a comparison."""

    return Side(lab.plan.jobs, lab.ingredients)


def _candidates(lab: BuiltLab, other: BuiltLab) -> list[Candidate]:
    """The jobs that the other does not have."""
    inherited = Inherited(lab.plan.jobs)
    return [Candidate(job, inherited.of(job.id)) for job in lab.plan.jobs.values() if job.id not in other.plan.jobs]


def _listed(one: Candidate) -> ListedJob:
    return ListedJob(one.job.id, one.job.stage, one.params)
