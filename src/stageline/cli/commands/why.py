"""`stageline why`: what makes a job another than the one before."""

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
    """Tell which ingredient of JOB differs from the last finished job of its stage, as a diff.

    JOB is the beginning of a job's id. It is compared with the finished job whose parameters differ least, of several
    with the one that ended last, of this Lab or an earlier one. Where the difference is in a job that it reads, that
    one is told.
    """
    from stageline.cli.explaining import print_why, why_as_json
    from stageline.cli.labs import open_built
    from stageline.cli.output import print_json
    from stageline.lab.selecting import job_named
    from stageline.lab.why import why

    built = open_built(session, lab)
    found = why(built, job_named(built.plan, job))
    if as_json:
        print_json(why_as_json(found))
    else:
        print_why(session, found)
