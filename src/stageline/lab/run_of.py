"""From a Lab to a run of the engine: a stage for each job that is not done, behind those that it needs. Pure.

Between runs that depend on each other stands a stage without work, so that n jobs before and m after are n + m edges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from stageline.lab.identity import LENGTH
from stageline.lab.model import Job, LabPlan, StageType
from stageline.lab.selecting import Selection
from stageline.lab.unit import words_of
from stageline.model.join import ALL, Join
from stageline.model.stage import StageExecution
from stageline.model.workflow import Workflow

APPLICATION = "lab"
JOB = "lab.job"
SCATTER_GATHER = "lab.scatter-gather"
PART = "lab.part"
BARRIER = "noop"
LAB = "lab"
UNIT = "unit"
READ = "lab-read"


class RunWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the run is to be called and to know: `names` say how its jobs are executed."""

    name: str
    names: Mapping[str, object]
    keep_going: bool = False


def run_of(plan: LabPlan, selection: Selection, todo: Mapping[str, str], wish: RunWish) -> Workflow:
    """A new run of what is to be done, not yet started."""
    barriers, waits = _barriers(plan, selection, todo)
    stages = list(barriers)
    for id in selection.jobs:
        if id in todo:
            job = plan.jobs[id]
            needs = [ref_of(plan.jobs[need]) for need in job.needs if need in todo]
            stages.append(_stage(job, [*needs, *waits.get(id, ())]))
    return Workflow.create(
        wish.name,
        with_readers(stages) if wish.names.get("target") else stages,
        application=APPLICATION,
        on_failure="keep-going" if wish.keep_going else "fail-fast",
        names=dict(wish.names),
    )


def with_readers(stages: Sequence[StageExecution]) -> list[StageExecution]:
    """The same stages; those that others wait for say so."""
    read = {ref for stage in stages for ref in stage.requisite_stage_ref_ids}
    return [
        msgspec.structs.replace(stage, context={**stage.context, READ: True}) if stage.ref_id in read else stage
        for stage in stages
    ]


def ref_of(job: Job) -> str:
    """What a job's stage is called: its name, then its id."""
    return f"{job.pname[:80]}-{job.id}"


def job_of(ref: str) -> str:
    """The id of the job that a stage is called so for."""
    return ref[-LENGTH:]


def script_of(stage: StageExecution) -> str | None:
    """The id of the script that a stage stands for; None when it stands for several, or for none."""
    if stage.type == JOB:
        return job_of(stage.ref_id)
    return stage.context.get(UNIT) if stage.type == PART else None


def _stage(job: Job, needs: list[str]) -> StageExecution:
    type_ = JOB if job.type is StageType.SIMPLE else SCATTER_GATHER
    name = words_of(job.pname, job.params)
    return StageExecution(ref_id=ref_of(job), type=type_, requisite_stage_ref_ids=needs, name=name)


def _barriers(
    plan: LabPlan, selection: Selection, todo: Mapping[str, str]
) -> tuple[list[StageExecution], dict[str, list[str]]]:
    """The stages between runs, and which of them each job waits for: those before the first run that it belongs to."""
    needed = {name: [id for id in plan.runs[name].jobs if id in todo] for name in selection.runs}
    owner = {id: name for name in reversed(selection.runs) for id in needed[name]}
    stages: dict[str, StageExecution] = {}
    waits: dict[str, list[str]] = {}
    for name in selection.runs:
        for need, how in plan.runs[name].needs.items():
            before = needed.get(need)
            behind = [id for id in needed[name] if owner[id] == name] if before else []
            if not before or not behind:
                continue
            ref = f"after-{need}-{how}"
            refs = [ref_of(plan.jobs[id]) for id in before]
            join = ALL if how == "hard" else Join.ended()
            stages[ref] = StageExecution(ref_id=ref, type=BARRIER, requisite_stage_ref_ids=refs, join=join)
            for id in behind:
                waits.setdefault(id, []).append(ref)
    return list(stages.values()), waits
