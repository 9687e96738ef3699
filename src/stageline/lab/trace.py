"""Where the parameters that decide a job come from: the default, the call, the run, a sweep. Pure.

A job may be wanted by several runs and be called several times; each says by itself where it has its values from.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stageline.lab.model import Job, LabPlan, Origin, Use
from stageline.lab.scalar import Scalar
from stageline.load.source import Place


class Traced(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parameter of a job, or of one before it, in one run.

    `origin` says who gave it, under which key of the run; `values` is how many values the run sweeps it over;
    `traceless` that it is at its default and not part of the job's id. `place` is that of the call.
    """

    name: str
    value: Scalar
    stage: str
    job: str
    run: str
    origin: str
    key: str = ""
    values: int = 1
    traceless: bool = False
    digest: str = ""
    place: Place | None = None


def trace(plan: LabPlan, id: str) -> tuple[Traced, ...]:
    """All parameters that decide a job: its own first, then those of the jobs before it, the nearest first."""
    return tuple(one for job in _with_upstream(plan, id) for one in _of_job(plan, job))


def _with_upstream(plan: LabPlan, id: str) -> Iterator[Job]:
    seen, todo = {id}, [id]
    while todo:
        job = plan.jobs[todo.pop(0)]
        yield job
        fresh = [need for need in job.needs if need not in seen]
        seen.update(fresh)
        todo += fresh


def _of_job(plan: LabPlan, job: Job) -> Iterator[Traced]:
    unseen = _traceless(job)
    for run in plan.runs.values():
        for use in run.uses:
            if job.id in use.jobs:
                for name, param in job.params.items():
                    origin = use.origins.get(name, Origin("default"))
                    yield Traced(
                        name=name,
                        value=param.value,
                        stage=job.stage,
                        job=job.id,
                        run=run.name,
                        origin=_word(origin),
                        key=origin.key,
                        values=_values(plan, use, name) if origin.by == "run" else 1,
                        traceless=name in unseen,
                        digest=param.digest,
                        place=use.place,
                    )


def _word(origin: Origin) -> str:
    if origin.by != "run":
        return origin.by
    return "stage.param" if "." in origin.key else "run"


def _values(plan: LabPlan, use: Use, name: str) -> int:
    given = (plan.jobs[id].params[name].value for id in use.jobs)
    return len({(type(value), value) for value in given})


def _traceless(job: Job) -> frozenset[str]:
    """The parameters that none of its scripts has a trace of."""
    parts = [part.ingredients for part in job.parts.values()]
    left = [name for name in job.params if any(name in of.params for of in parts)]
    return frozenset(name for name in left if all(name in of.defaults for of in parts if name in of.params))
