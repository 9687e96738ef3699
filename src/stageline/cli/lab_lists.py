"""What `list` shows of a Lab: runs, jobs, what depends on what, groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from stageline.cli.labs import SHORT, Choice, open_results, params_words
from stageline.cli.output import Rows, print_json, print_table
from stageline.cli.session import Session
from stageline.cli.times import day, iso, span
from stageline.lab.compare import wire_words
from stageline.lab.job_results import JobResults, Jobs
from stageline.lab.results import LabResults
from stageline.lab.selecting import GROUP, select
from stageline.model.status import Status

TABLE = 20
Json = dict[str, Any]


class Listing(msgspec.Struct, frozen=True):
    """What is to be listed, of which Lab, and which jobs it is about."""

    what: str
    names: tuple[str, ...]
    limit: int | None
    lab: Path | None
    choice: Choice

    @property
    def is_narrowed(self) -> bool:
        return self.choice != Choice()


class Listed(msgspec.Struct, frozen=True):
    """A table and its JSON. `statuses` colour the rows."""

    head: tuple[str, ...]
    rows: Rows
    values: list[Json]
    statuses: tuple[Status, ...] = ()


def show(session: Session, wanted: Listing, as_json: bool) -> None:
    """Print it."""
    lab = open_results(session, wanted.lab)
    found = _LISTS[wanted.what](lab, wanted)
    if as_json:
        print_json({"lab": lab.id, wanted.what: found.values[: wanted.limit]})
        return
    limit = wanted.limit or TABLE
    if not found.rows:
        click.echo(f"no such {wanted.what}", err=True)
        return
    print_table(session, found.head, found.rows[:limit], found.statuses[:limit])
    if len(found.rows) > limit:
        click.echo(f"… and {len(found.rows) - limit} more (--limit)")


def job_as_json(job: JobResults) -> Json:
    """What is known of a job."""
    record = job.record
    return {
        "id": job.id,
        "name": job.name,
        "stage": job.stage,
        "version": job.version,
        "type": str(job.plan.type),
        "runs": job.runs,
        "status": str(job.status),
        "started_at": iso(record.started if record else None),
        "ended_at": iso(record.ended if record else None),
        "params": job.params,
        "effective_params": job.effective_params,
        "outputs": {name: str(path) for name, path in job.outputs.items()},
        "needs": job.plan.needs,
    }


def _chosen(lab: LabResults, wanted: Listing) -> Jobs:
    ids = select(lab.plan, wanted.names).asked if wanted.names else lab.plan.jobs
    jobs = lab.some(id for id in lab.plan.jobs if id in ids)
    return wanted.choice.of(jobs)


def _jobs(lab: LabResults, wanted: Listing) -> Listed:
    jobs = _chosen(lab, wanted)
    shown = jobs[: wanted.limit or TABLE]
    rows = [*map(_job_row, shown), *([("",)] * (len(jobs) - len(shown)))]
    head = ("JOB", "STATUS", "STAGE", "ENDED", "TOOK", "PARAMETERS")
    values = [job_as_json(job) for job in jobs[: wanted.limit]]
    return Listed(head, rows, values, tuple(job.status for job in shown))


def _job_row(job: JobResults) -> tuple[str, ...]:
    record = job.record
    began, ended = (record.started, record.ended) if record else (None, None)
    params = params_words(job.effective_params)
    return job.id[:SHORT], str(job.status), job.stage, day(ended), span(began, ended), params


def _runs(lab: LabResults, wanted: Listing) -> Listed:
    names = frozenset(select(lab.plan, wanted.names).runs) if wanted.names else frozenset(lab.plan.runs)
    found = [(run, wanted.choice.of(run.jobs())) for run in lab.runs() if run.name in names]
    found = [(run, jobs) for run, jobs in found if len(jobs) or not wanted.is_narrowed]
    rows, values = [], []
    for run, jobs in found:
        counts = Counter(job.status for job in jobs)
        done, failed = counts[Status.SUCCEEDED], counts[Status.FAILED]
        rows.append((run.name, str(len(jobs)), str(done), str(failed), " ".join(run.groups), _needs(run.needs)))
        told = {"name": run.name, "jobs": len(jobs), "succeeded": done, "failed": failed}
        values.append({**told, "groups": run.groups, "needs": run.needs, "place": str(run.plan.place)})
    return Listed(("RUN", "JOBS", "SUCCEEDED", "FAILED", "GROUPS", "NEEDS"), rows, values)


def _needs(needs: Mapping[str, str]) -> str:
    return ", ".join(name if how == "hard" else f"{name} ({how})" for name, how in needs.items())


def _deps(lab: LabResults, wanted: Listing) -> Listed:
    """Of runs; of jobs, when some are named or chosen."""
    if wanted.names or wanted.is_narrowed:
        return _job_deps(_chosen(lab, wanted))
    pairs = [(run.name, need, how) for run in lab.runs() for need, how in run.needs.items()]
    values = [dict(zip(("run", "needs", "how"), pair, strict=True)) for pair in pairs]
    return Listed(("RUN", "NEEDS", "HOW"), pairs, values)


def _job_deps(jobs: Iterable[JobResults]) -> Listed:
    rows, values = [], []
    for job in jobs:
        for part, of in job.plan.parts.items():
            for name, wire in of.ingredients.inputs.items():
                source = wire_words(wire)
                rows.append((job.id[:SHORT], job.stage, part, name, source))
                wired = msgspec.to_builtins(wire)
                values.append({"job": job.id, "stage": job.stage, "part": part, "input": name, "from": wired})
    return Listed(("JOB", "STAGE", "PART", "INPUT", "FROM"), rows, values)


def _groups(lab: LabResults, wanted: Listing) -> Listed:
    if wanted.is_narrowed:
        raise click.UsageError("groups are not chosen by what their jobs are: name them")
    named = {name.removeprefix(GROUP) for name in wanted.names}
    select(lab.plan, [f"{GROUP}{name}" for name in named])
    groups = {name: runs for name, runs in lab.plan.groups.items() if name in named or not named}
    rows = [(f"@{name}", " ".join(runs)) for name, runs in groups.items()]
    return Listed(("GROUP", "RUNS"), rows, [{"name": name, "runs": runs} for name, runs in groups.items()])


_LISTS: Mapping[str, Callable[[LabResults, Listing], Listed]] = {
    "runs": _runs,
    "jobs": _jobs,
    "deps": _deps,
    "groups": _groups,
}
