"""`stageline plan`: what a run of a Lab would do."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.completing_labs import complete_named
from stageline.cli.labs import lab_option
from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@click.argument("names", metavar="[RUN | @GROUP | JOB]...", nargs=-1, shell_complete=complete_named)
@lab_option
@click.option("--force", is_flag=True, help="As if `run --force` was meant.")
@click.option("--verify", is_flag=True, help="Read the Lab and the outputs of finished jobs: were they changed?")
@click.option("--jobs", "each", is_flag=True, help="Name every job, not only some of each stage.")
@as_json
@pass_session
def command(
    session: Session, /, names: tuple[str, ...], lab: Path | None, force: bool, each: bool, **more: bool
) -> None:
    """Tell what a run of a Lab would do: which jobs would run, which are kept, and why. Nothing is run.

    RUN is a run by its name, @GROUP all runs of a group, JOB the beginning of a job's id; without any of them it is
    about everything. A job runs when it has no record of its end, when it failed, when its outputs are not what they
    were, when what it has read has other content now, or by force. What reads outputs that are made anew runs only if
    these turn out to have other content.
    """
    from stageline.cli.planning import Asking, plan_of

    asking = Asking(names, force, more["verify"])
    found = plan_of(session, lab, asking)
    if more["as_json"]:
        found.print_json()
    else:
        found.print(each)
