"""`stageline log`: what the stages of a run, or a job of a Lab, have said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stageline.cli.completing import complete_stage
from stageline.cli.completing_labs import complete_log
from stageline.cli.labs import lab_option
from stageline.cli.options import Session, pass_session, verb


@verb()
@click.argument("run", required=False, shell_complete=complete_log, metavar="[RUN | JOB]")
@click.argument("stage", required=False, shell_complete=complete_stage)
@click.option("-f", "--follow", is_flag=True, help="Go on printing until the end.")
@click.option("--item", metavar="N", type=int, help="Of a scatter-gather job: only of this item, counted from 0.")
@click.option("--step", metavar="NAME", help="Of a scatter-gather job: only of this step, scatter, or gather.")
@lab_option
@pass_session
def command(
    session: Session, /, run: str | None, stage: str | None, follow: bool, lab: Path | None, **part: Any
) -> None:
    """Print what the stages of a run have said: of the last run, or of RUN; of all stages, or of STAGE and those
    inside it.

    Of a run of a Lab that is what each of its jobs has said when it was run last.

    Of a JOB, the beginning of a job's id, print what that job of a Lab has said. Where no run is called so, a job of
    ./result is meant. Of a scatter-gather each part has its log, under a heading; what failed comes first.
    """
    from stageline.cli.lab_logs import job_meant, print_job

    job = job_meant(session, lab, run, stage)
    if job is not None:
        print_job(job, follow, part["item"], part["step"])
        return
    if part["item"] is not None or part["step"] is not None:
        raise click.UsageError("--item and --step are about a job of a Lab, and this is a run")
    from stageline.cli.choosing import choose_run
    from stageline.cli.logfiles import follow_logs, print_logs

    store = session.open_kept()
    found = choose_run(store, run)
    if follow:
        follow_logs(store, found, stage)
    elif not print_logs(store, found, stage):
        click.echo("nothing was said", err=True)
