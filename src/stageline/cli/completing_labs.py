"""What the shell completes of a Lab: its runs, groups and jobs. So many that nobody can choose are not offered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stageline.cli.completing import complete_file, complete_run, item
from stageline.cli.labs import RESULT

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from stageline.lab.names import Names

MOST = 500
SHOW = {"job": "a job of a Lab", "output": "the outputs of a job"}


def complete_job(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of jobs, each with its stage."""
    return _jobs(_names(ctx), incomplete)


def complete_named(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of runs, of groups after an `@`, and the ids of jobs."""
    names = _names(ctx)
    words = [*((run, "run") for run in names.runs), *((f"@{group}", "group") for group in names.groups)]
    found = [item(word, help=what) for word, what in words if word.startswith(incomplete)]
    return found + (_jobs(names, incomplete) if incomplete else [])


def complete_to_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What is in the Lab that is named, else workflow files."""
    return (complete_named if ctx.params.get("lab") else complete_file)(ctx, param, incomplete)


def complete_log(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of runs that are kept, and of jobs."""
    of_a_lab = ctx.params.get("lab") is not None
    return [*([] if of_a_lab else complete_run(ctx, param, incomplete)), *complete_job(ctx, param, incomplete)]


def complete_show(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of runs, and the words `job` and `output`; after these jobs, and then the outputs of a job."""
    match ctx.params.get("words") or ():
        case ():
            words = [item(word, help=what) for word, what in SHOW.items() if word.startswith(incomplete)]
            return [*words, *complete_run(ctx, param, incomplete)]
        case ("job" | "output",):
            return complete_job(ctx, param, incomplete)
        case ("output", str(job)):
            jobs = _names(ctx).jobs(job)
            outputs = jobs[0].outputs if len(jobs) == 1 else {}
            return [item(name, help=path) for name, path in outputs.items() if name.startswith(incomplete)]
        case _:
            return []


def _names(ctx: click.Context) -> Names:
    from stageline.lab.names import Names

    return Names(Path(ctx.params.get("lab") or RESULT))


def _jobs(names: Names, incomplete: str) -> list[CompletionItem]:
    jobs = names.jobs(incomplete)
    return [item(job.id, help=job.stage) for job in jobs] if len(jobs) <= MOST else []
