"""`stageline trace`: the parameters of a job, and where each comes from."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.completing_labs import complete_job
from stageline.cli.labs import lab_option
from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@click.argument("job", shell_complete=complete_job)
@lab_option
@as_json
@pass_session
def command(session: Session, job: str, lab: Path | None, as_json: bool) -> None:
    """Tell which parameters decided JOB, its own and those of the jobs before it, and where each comes from.

    It is the stage's default, the run (for all stages, or as stage.param for one; one value, or one of a sweep), or the
    call in the pipeline.
    """
    from stageline.cli.labs import open_built
    from stageline.cli.output import print_json
    from stageline.cli.tracing import print_trace
    from stageline.lab.selecting import job_named
    from stageline.lab.trace import trace

    built = open_built(session, lab)
    id = job_named(built.plan, job)
    found = trace(built.plan, id)
    if as_json:
        print_json({"job": id, "params": found})
    else:
        print_trace(session, built.plan.jobs[id], found)
