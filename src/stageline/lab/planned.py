"""What a run of a Lab would do: each job that it is about, to be run or kept, and why. Pure."""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import msgspec

from stageline.lab.model import LabPlan
from stageline.lab.record import Record
from stageline.lab.selecting import Selection
from stageline.lab.standing import Standing, is_perhaps

Reason = Literal["finished", "no record", "failed", "outputs", "input", "view", "forced"]


class PlannedJob(msgspec.Struct, frozen=True):
    """A job of a plan. `why` says in full what `reason` says in a word; `after` counts the jobs before it that run too.

    It runs `perhaps` when that is known only once those before it have been made anew.

    The reasons to run are: it has no record, it failed, its outputs are missing or other, what it reads is or may be,
    what it looks at is, forced.
    """

    job: str
    stage: str
    runs: bool
    reason: Reason
    why: str
    after: int = 0
    perhaps: bool = False


def planned(
    plan: LabPlan, selection: Selection, standing: Standing, forced: Container[str] = ()
) -> tuple[PlannedJob, ...]:
    """All jobs of a selection, in topological order."""
    found = []
    for id in selection.jobs:
        job = plan.jobs[id]
        why = standing.todo.get(id)
        if why is None:
            found.append(PlannedJob(id, job.stage, False, "finished", "it is finished"))
        else:
            after = sum(need in standing.todo for need in job.needs)
            reason = "forced" if id in forced else _reason(standing.records.get(id), why)
            perhaps = id not in forced and is_perhaps(why)
            found.append(PlannedJob(id, job.stage, True, reason, why, after, perhaps))
    return tuple(found)


def _reason(record: Record | None, why: str) -> Reason:
    if record is None:
        return "no record"
    if not record.succeeded:
        return "failed"
    if why.startswith(("the input", "the outputs of run")):
        return "input"
    return "view" if why.startswith("it looks at") else "outputs"
