"""`stageline resume`: go on with a run that was interrupted, canceled or paused."""

from __future__ import annotations

import click

from stageline.cli.completing import complete_run
from stageline.cli.options import Session, as_json, executor, pass_session, verb, workers


@verb()
@click.argument("run", required=False, shell_complete=complete_run)
@workers
@executor
@as_json
@pass_session
def command(session: Session, run: str | None, as_json: bool) -> int:
    """Go on with a run: the last one, or that whose id begins with RUN. What has finished is not repeated.

    A run whose process died, or that was stopped with Ctrl-C, goes on where it was; a paused one is let go on; of one
    that was canceled, what was canceled runs again.
    """
    from stageline.cli.changed import say_changed
    from stageline.cli.choosing import choose_run
    from stageline.cli.going import go_on, say_run
    from stageline.cli.needed import need_all, need_executor
    from stageline.engine.orchestrator import Orchestrator
    from stageline.errors import DocumentError
    from stageline.model.status import Status

    store = session.open_kept()
    found = store.retrieve(choose_run(store, run))
    need_all(session, found)
    need_executor(session)
    steer = Orchestrator(store=store)
    match found.status:
        case Status.FAILED:
            raise DocumentError(f"run {found.id} has failed; try it again: {session.say('retry', found.id)}")
        case Status.CANCELED:
            steer.retry(found)
        case Status.PAUSED:
            steer.resume(found)
        case status if not status.ended:
            steer.start(found)
        case _:
            click.echo(f"run {found.id} has ended already: {found.status}", err=True)
            if as_json:
                say_run(store, found)
            return 0
    say_changed(session, found)
    return go_on(session, store, found, as_json, again=found.status is Status.CANCELED)
