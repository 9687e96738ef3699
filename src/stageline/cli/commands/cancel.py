"""`stageline cancel`: stop a run."""

from __future__ import annotations

import click

from stageline.cli.completing import complete_run
from stageline.cli.options import Session, pass_session, verb


@verb()
@click.argument("run", shell_complete=complete_run)
@click.option("--reason", default="canceled by request", show_default=True, help="Why; the run remembers it.")
@pass_session
def command(session: Session, run: str, reason: str) -> None:
    """Stop a run: nothing new starts, what runs is stopped, what must happen at the end happens."""
    from stageline.cli.choosing import choose_run
    from stageline.cli.standing import is_left, row_of
    from stageline.cli.steering import end_elsewhere, settle
    from stageline.engine.orchestrator import Orchestrator

    store = session.open_kept()
    found = choose_run(store, run)
    now = store.retrieve(found).status
    if now.ended:
        click.echo(f"run {found} has ended already: {now}")
        return
    left = is_left(row_of(store, found))
    Orchestrator(store=store).cancel(found, reason)
    status = settle(session, store, found, lambda status: status.ended)
    if left:
        end_elsewhere(session, store, found)
    click.echo(f"run {found}: {status}" if status.ended else f"run {found} is being canceled")
