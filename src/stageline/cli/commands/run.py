"""`stageline run`: run a workflow file, or jobs of a Lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stageline.cli.completing_labs import complete_to_run
from stageline.cli.options import Session, as_json, executor, params, pass_session, verb, workers
from stageline.cli.options_lab import of_a_lab


@verb()
@click.argument("names", metavar="FILE | [RUN | @GROUP | JOB]...", nargs=-1, shell_complete=complete_to_run)
@params
@click.option("--workflow", "name", metavar="NAME", help="Which workflow, of a file that holds several.")
@click.option("--from", "first", metavar="STAGE", help="Only this stage and all after it; others keep their outputs.")
@click.option("--only", multiple=True, metavar="STAGE", help="Only this stage; may be said several times.")
@click.option("--dry-run", is_flag=True, help="Only show what would run.")
@workers
@executor
@of_a_lab
@as_json
@pass_session
def command(session: Session, /, names: tuple[str, ...], lab: Path | None, **asked: Any) -> int:
    """Run a workflow file, or with --lab jobs of a Lab, to the end, and show what happens.

    In a Lab, RUN is a run by its name, @GROUP all runs of a group, JOB the beginning of a job's id; without any of them
    everything runs that has not yet.

    Ctrl-C stops what runs, keeps what has finished, and says how to go on; a second one kills.
    """
    from stageline.cli.what_to_run import run_file, run_lab

    return run_file(session, names, asked) if lab is None else run_lab(session, lab, names, asked)
