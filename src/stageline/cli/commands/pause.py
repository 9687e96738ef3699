"""`stageline pause`: hold a run."""

from __future__ import annotations

import click

from stageline.cli.completing import complete_run
from stageline.cli.options import Session, pass_session, verb


@verb()
@click.argument("run", shell_complete=complete_run)
@pass_session
def command(session: Session, run: str) -> None:
    """Start no more stages of a run until it is resumed; what runs is let finish."""
    from stageline.cli.choosing import choose_run
    from stageline.cli.steering import settle
    from stageline.engine.orchestrator import Orchestrator
    from stageline.errors import DocumentError
    from stageline.model.status import Status

    store = session.open_kept()
    found = choose_run(store, run)
    now = store.retrieve(found).status
    if now.ended:
        raise DocumentError(f"run {found} has ended ({now}), so there is nothing to pause")
    Orchestrator(store=store).pause(found)
    status = settle(session, store, found, lambda status: status is Status.PAUSED or status.ended)
    click.echo(f"run {found}: {status}; go on: {session.say('resume', found)}")
