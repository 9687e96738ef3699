"""What somebody asked to run, as runs and jobs, with all that must be there first. Pure.

A run brings the runs that must have succeeded before it; one that must only have ended is not run for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from stageline.errors import UnknownName, did_you_mean
from stageline.lab.model import LabPlan

GROUP = "@"
SHOWN = 5


class Selection(msgspec.Struct, frozen=True):
    """Runs and jobs in topological order. `asked` are the jobs that were named, without those they need."""

    runs: tuple[str, ...]
    jobs: tuple[str, ...]
    asked: frozenset[str]


def select(plan: LabPlan, names: Sequence[str]) -> Selection:
    """All that these names stand for: runs, groups after an `@`, beginnings of jobs' ids. No name is everything."""
    if not names:
        return Selection(tuple(plan.runs), tuple(plan.jobs), frozenset(plan.jobs))
    runs: set[str] = set()
    jobs: set[str] = set()
    for name in names:
        if name.startswith(GROUP):
            runs.update(_group(plan, name.removeprefix(GROUP)))
        elif name in plan.runs:
            runs.add(name)
        else:
            jobs.add(job_named(plan, name))
    asked = jobs.union(*(plan.runs[name].jobs for name in runs))
    runs |= {_first_with(plan, job) for job in jobs if not any(job in plan.runs[name].jobs for name in runs)} - {""}
    whole = _with_needs(plan, [name for name in runs if asked.issuperset(plan.runs[name].jobs)])
    whole |= _with_needs(plan, runs) - runs
    wanted = _with_upstream(plan, asked.union(*(plan.runs[name].jobs for name in whole)))
    ordered = tuple(name for name in plan.runs if name in whole | runs)
    return Selection(ordered, tuple(job for job in plan.jobs if job in wanted), frozenset(asked))


def job_named(plan: LabPlan, prefix: str) -> str:
    """The one job whose id, or the name of whose folder, begins so; UnknownName when there is none, or several."""
    found = [job for job in plan.jobs.values() if job.folder.startswith(prefix)] if prefix else []
    if len(found) == 1:
        return found[0].id
    if found:
        some = ", ".join(job.folder for job in found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
        raise UnknownName(f"'{prefix}' is the beginning of {len(found)} jobs: {some}; say more of it")
    known = did_you_mean(prefix, plan.runs) or f"; the runs are {', '.join(plan.runs)}"
    raise UnknownName(f"'{prefix}' is no run and no job of the Lab{known}")


def _group(plan: LabPlan, name: str) -> tuple[str, ...]:
    groups = plan.groups
    if name not in groups:
        known = did_you_mean(name, groups) or f"; it has {', '.join(groups) or 'none'}"
        raise UnknownName(f"the Lab has no group '{name}'{known}")
    return groups[name]


def _first_with(plan: LabPlan, job: str) -> str:
    return next((run.name for run in plan.runs.values() if job in run.jobs), "")


def _with_needs(plan: LabPlan, names: Iterable[str]) -> set[str]:
    """These runs, and those that must have succeeded before them."""
    return _with_all(names, lambda name: [need for need, how in plan.runs[name].needs.items() if how == "hard"])


def _with_upstream(plan: LabPlan, jobs: Iterable[str]) -> set[str]:
    return _with_all(jobs, lambda job: plan.jobs[job].needs)


def _with_all(names: Iterable[str], needs: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += needs(name)
    return found
