"""`stageline signal`: tell a waiting stage to go on."""

from __future__ import annotations

import click

from stageline.cli.completing import complete_run, complete_waiting
from stageline.cli.options import Session, pass_session, verb


@verb()
@click.argument("run", shell_complete=complete_run)
@click.argument("stage", shell_complete=complete_waiting)
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--json", "json_text", metavar="JSON", help="All values at once, as a JSON object.")
@pass_session
def command(session: Session, run: str, stage: str, values: tuple[str, ...], json_text: str | None) -> None:
    """Tell a waiting stage of a run to go on, and hand it values: `stageline signal RUN approve approved=true`.

    A value that is JSON, as true, 5 or [1, 2], is taken as that, anything else as text.
    """
    from stageline.cli.choosing import choose_run
    from stageline.cli.given import json_object, pairs
    from stageline.cli.standing import nobody_works_on
    from stageline.engine.orchestrator import Orchestrator

    store = session.open_kept()
    found = choose_run(store, run)
    payload = {**(json_object(json_text) if json_text else {}), **pairs(values)}
    Orchestrator(store=store).signal(found, stage, payload)
    click.echo(f"signaled '{stage}' of run {found}")
    if nobody_works_on(store, found):
        click.echo(f"nobody works on it now; go on: {session.say('resume', found)}")
