"""`stageline log`: what the stages of a run have said."""

from __future__ import annotations

import click

from stageline.cli.completing import complete_run, complete_stage
from stageline.cli.options import Session, pass_session, verb


@verb()
@click.argument("run", required=False, shell_complete=complete_run)
@click.argument("stage", required=False, shell_complete=complete_stage)
@click.option("-f", "--follow", is_flag=True, help="Go on printing until the run has ended.")
@pass_session
def command(session: Session, run: str | None, stage: str | None, follow: bool) -> None:
    """Print what the stages of a run have said: of the last run, or of RUN; of all stages, or of STAGE and those
    inside it.
    """
    from stageline.cli.choosing import choose_run
    from stageline.cli.logfiles import follow_logs, print_logs

    store = session.open_kept()
    found = choose_run(store, run)
    if follow:
        follow_logs(store, found, stage)
    elif not print_logs(store, found, stage):
        click.echo("nothing was said", err=True)
