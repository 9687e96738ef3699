"""`stageline run`: run a workflow file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stageline.cli.completing import complete_file
from stageline.cli.options import Session, as_json, params, pass_session, verb, workers


@verb()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path), shell_complete=complete_file)
@params
@click.option("--workflow", "name", metavar="NAME", help="Which workflow, of a file that holds several.")
@click.option("--from", "first", metavar="STAGE", help="Only this stage and all after it; others keep their outputs.")
@click.option("--only", multiple=True, metavar="STAGE", help="Only this stage; may be said several times.")
@click.option("--dry-run", is_flag=True, help="Only show what would run.")
@workers
@as_json
@pass_session
def command(session: Session, /, as_json: bool, dry_run: bool, **asked: Any) -> int:
    """Run a workflow file to its end, and show what happens.

    Ctrl-C stops what runs, keeps what has finished, and says how to go on; a second one kills.
    """
    from stageline.cli.asking import Asked, new_run
    from stageline.cli.going import go_on, show_plan
    from stageline.engine.orchestrator import Orchestrator

    run = new_run(session, Asked(**asked))
    if dry_run:
        return show_plan(session, run, as_json)
    store = session.open()
    store.store(run)
    Orchestrator(store=store).start(run)
    return go_on(session, store, run, as_json)
