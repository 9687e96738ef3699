"""A Lab as a picture: a cluster for each run, and inside its stages with what they read of each other. Pure.

A run of few jobs shows each of them; of more, each stage with the number of its jobs. A scatter-gather is a cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from stageline.lab.model import (
    FromItem,
    FromJob,
    FromScatter,
    FromStep,
    FromWorkers,
    Job,
    LabPlan,
    PlannedRun,
    Use,
    Wire,
)
from stageline.lab.scalar import text_of
from stageline.model.drawing import Cluster, Drawing, Edge, Item, Node, Tone
from stageline.model.status import Status

Fold = Literal["auto", "always", "never"]
FEW = 12
VALUES = 3


def drawing_of(plan: LabPlan, title: str, fold: Fold = "auto", status: Mapping[str, Status] | None = None) -> Drawing:
    """All runs of a Lab; with `status`, which has that of each job, coloured by it."""
    drawn = [_Run(plan, run, fold, status) for run in plan.runs.values()]
    edges = [edge for run in drawn for edge in run.edges]
    for run in plan.runs.values():
        edges += [Edge(_run(need), _run(run.name), "", how == "soft") for need, how in run.needs.items()]
    return Drawing(title, tuple(run.cluster for run in drawn), tuple(edges))


class _Spot(msgspec.Struct, frozen=True):
    """A place in the picture: the jobs of a stage that are drawn as one."""

    id: str
    jobs: tuple[Job, ...]


class _Run:
    """One run, drawn."""

    def __init__(self, plan: LabPlan, run: PlannedRun, fold: Fold, status: Mapping[str, Status] | None) -> None:
        self._status = status
        folds = fold == "always" or (fold == "auto" and len(run.jobs) > FEW)
        spots = [spot for number, use in enumerate(run.uses) for spot in _spots(plan, run, number, use, folds)]
        self._at = {job.id: spot for spot in reversed(spots) for job in spot.jobs}
        items = tuple(self._item(spot) for spot in spots)
        groups = "".join(f" @{group}" for group in run.groups)
        count = len(run.jobs)
        label = f"{run.name}{groups}: {count} {'job' if count == 1 else 'jobs'}"
        self.cluster = Cluster(_run(run.name), label, items)
        self.edges = [edge for spot in spots for edge in self._edges(spot)]

    def _item(self, spot: _Spot) -> Item:
        job, many = spot.jobs[0], len(spot.jobs) > 1
        name = f"{job.stage} × {len(spot.jobs):,}" if many else job.stage
        if job.scattered is None:
            return Node(spot.id, (name, *_params(spot.jobs)), many, self._tone(spot.jobs))
        tone = self._tone(spot.jobs)
        parts = [
            Node(
                _part(spot, part),
                (of.ingredients.pname, *(["for each item"] if _is_step(part) else [])),
                _is_step(part),
                tone,
            )
            for part, of in job.parts.items()
        ]
        return Cluster(spot.id, " ".join((name, *_params(spot.jobs))), tuple(parts))

    def _tone(self, jobs: Sequence[Job]) -> Tone:
        if self._status is None:
            return ""
        states = Counter(self._status[job.id] for job in jobs)
        if states[Status.FAILED]:
            return "failed"
        if states[Status.SUCCEEDED] == len(jobs):
            return "done"
        return "some" if states[Status.SUCCEEDED] else "todo"

    def _edges(self, spot: _Spot) -> Iterator[Edge]:
        """From what the jobs of a spot read, each pair of places once."""
        found: dict[tuple[str, str], dict[str, None]] = {}
        for job in spot.jobs:
            for part, of in job.parts.items():
                head = spot.id if job.scattered is None else _part(spot, part)
                for name, wire in of.ingredients.inputs.items():
                    source = self._source(spot, job, wire)
                    if source is not None:
                        tail, output = source
                        found.setdefault((tail, head), {})[_label(output, name)] = None
        for (tail, head), labels in found.items():
            yield Edge(tail, head, ", ".join(labels))

    def _source(self, spot: _Spot, job: Job, wire: Wire) -> tuple[str, str] | None:
        """Where a wire begins, and the name of what goes along it."""
        match wire:
            case FromJob(id, output):
                return (self._ends(self._at[id]), output) if id in self._at else None
            case FromScatter(_, output):
                return _part(spot, "scatter"), output
            case FromItem():
                return _part(spot, "scatter"), "item"
            case FromStep(step, _, output):
                return _part(spot, f"step-{step}"), output
            case FromWorkers() if job.scattered is not None:
                return _part(spot, f"step-{job.scattered.last}"), "all"
            case _:
                return None

    def _ends(self, spot: _Spot) -> str:
        return spot.id if spot.jobs[0].scattered is None else _part(spot, "gather")


def _spots(plan: LabPlan, run: PlannedRun, number: int, use: Use, folds: bool) -> list[_Spot]:
    jobs = [plan.jobs[id] for id in use.jobs]
    if folds:
        return [_Spot(f"{run.name}/{number}", tuple(jobs))] if jobs else []
    return [_Spot(f"{run.name}/{number}/{job.id}", (job,)) for job in jobs]


def _run(name: str) -> str:
    return f"run {name}"


def _part(spot: _Spot, part: str) -> str:
    return f"{spot.id}/{part}"


def _is_step(part: str) -> bool:
    return part.startswith("step-")


def _label(output: str, input: str) -> str:
    if output in (input, "item", "all"):
        return output
    return f"{output} → {input}"


def _params(jobs: Sequence[Job]) -> list[str]:
    """The parameters: of one job their values, of several those that are not the same for all."""
    if len(jobs) == 1:
        return [f"{name}={text_of(param.value)}" for name, param in jobs[0].params.items()]
    found = []
    for name in jobs[0].params:
        values = dict.fromkeys(text_of(job.params[name].value) for job in jobs if name in job.params)
        if len(values) > 1:
            few = ", ".join(values) if len(values) <= VALUES else f"{len(values):,} values"
            found.append(f"{name}: {few}")
    return found
