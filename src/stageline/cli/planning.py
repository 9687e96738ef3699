"""What `plan` shows: counts by stage and reason, then the jobs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from stageline.cli.labs import SHORT, concern_as_json, open_built, params_words, say_concerns
from stageline.cli.output import print_json, print_table
from stageline.cli.session import Session
from stageline.lab.concern import Concern
from stageline.lab.inherited import Inherited
from stageline.lab.planned import PlannedJob, planned
from stageline.lab.read import BuiltLab
from stageline.lab.running import RunOptions, ask
from stageline.schedulers.admission import Amount

FEW = 3
BOUNDLESS = Amount(1 << 30, 1 << 62)


class Asking(NamedTuple):
    """What the plan is asked for."""

    names: tuple[str, ...]
    force: bool
    verify: bool


class Planned:
    """A plan, to be shown."""

    def __init__(
        self, session: Session, lab: BuiltLab, jobs: tuple[PlannedJob, ...], concerns: tuple[Concern, ...]
    ) -> None:
        self._session = session
        self._lab = lab
        self._jobs = jobs
        self._concerns = concerns
        self._run = [job for job in jobs if job.runs]
        self._inherited = Inherited(lab.plan.jobs)

    def print_json(self) -> None:
        """All of it."""
        jobs = [{**msgspec.structs.asdict(job), "params": self._inherited.of(job.job)} for job in self._jobs]
        maybe = sum(job.perhaps for job in self._run)
        warnings = [concern_as_json(concern) for concern in self._concerns]
        run, keep = len(self._run) - maybe, len(self._jobs) - len(self._run)
        print_json({"lab": self._lab.id, "run": run, "maybe": maybe, "keep": keep, "jobs": jobs, "warnings": warnings})

    def print(self, each: bool) -> None:
        """A table by stage, and the jobs that would run; of each stage a few, unless `each` is wanted."""
        say_concerns(self._concerns)
        kept = len(self._jobs) - len(self._run)
        if not self._run:
            click.echo(f"nothing to do: {kept} {'job is' if kept == 1 else 'jobs are'} finished")
            return
        self._print_stages()
        click.echo()
        shown: Counter[tuple[str, str]] = Counter()
        for job in self._run:
            shown[job.stage, job.reason] += 1
            if each or shown[job.stage, job.reason] <= FEW:
                self._print_job(job)
        left = len(self._run) - sum(min(count, FEW) for count in shown.values())
        if left and not each:
            click.echo(f"… and {left} more; --jobs names them all")

    def _print_stages(self) -> None:
        run = Counter(job.stage for job in self._run if not job.perhaps)
        maybe = Counter(job.stage for job in self._run if job.perhaps)
        kept = Counter(job.stage for job in self._jobs if not job.runs)
        counts = {"RUN": run, "MAYBE": maybe, "KEEP": kept} if maybe else {"RUN": run, "KEEP": kept}
        why: dict[str, Counter[str]] = {}
        for job in self._run:
            why.setdefault(job.stage, Counter())[job.reason] += 1
        rows = [
            (stage, *(str(of[stage]) for of in counts.values()), ", ".join(_counted(why.get(stage, Counter()))))
            for stage in dict.fromkeys(job.stage for job in self._jobs)
        ]
        rows.append(("all", *(str(of.total()) for of in counts.values()), ""))
        print_table(self._session, ("STAGE", *counts, "WHY"), rows)

    def _print_job(self, job: PlannedJob) -> None:
        params = params_words(self._inherited.of(job.job))
        after = f", after {job.after} before it" if job.after else ""
        click.echo(f"{job.job[:SHORT]}  {job.stage}{'  ' + params if params else ''}: {job.why}{after}")


def plan_of(session: Session, lab: Path | None, asking: Asking) -> Planned:
    """Find out what would be run."""
    built = open_built(session, lab)
    options = RunOptions(capacity=BOUNDLESS, force=asking.force, verify=asking.verify)
    found = ask(built, asking.names, options)
    forced = found.selection.asked if asking.force else frozenset[str]()
    jobs = planned(found.about.plan, found.selection, found.standing, forced)
    return Planned(session, built, jobs, found.concerns)


def _counted(reasons: Counter[str]) -> list[str]:
    return [reason if len(reasons) == 1 else f"{count} {reason}" for reason, count in reasons.items()]
