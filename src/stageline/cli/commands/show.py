"""`stageline show`: one run with its stages."""

from __future__ import annotations

import click

from stageline.cli.completing import complete_run
from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@click.argument("run", required=False, shell_complete=complete_run)
@click.option("--all", "everything", is_flag=True, help="All stages, however many there are.")
@as_json
@pass_session
def command(session: Session, run: str | None, everything: bool, as_json: bool) -> None:
    """Show one run with its stages: the last one, or that whose id begins with RUN.

    Of a large one the stages that tell most are shown, and the others counted; JSON has them all.
    """
    from stageline.cli.choosing import choose_run
    from stageline.cli.described import run_as_json
    from stageline.cli.ending import say_ending
    from stageline.cli.output import print_json
    from stageline.cli.started import whole_run
    from stageline.cli.tree import print_run

    store = session.open_kept()
    found = whole_run(store, store.retrieve(choose_run(store, run)))
    if as_json:
        print_json(run_as_json(found))
        return
    print_run(session, found, everything=everything)
    say_ending(session, found)
