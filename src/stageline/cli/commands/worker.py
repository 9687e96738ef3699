"""`stageline worker`: work on all runs of the store until stopped."""

from __future__ import annotations

import time

import click

from stageline.cli.options import Session, executor, pass_session, verb, workers

LOOK = 0.5


@verb()
@workers
@executor
@click.option("--until-idle", is_flag=True, help="End when there is nothing left to do.")
@pass_session
def command(session: Session, until_idle: bool) -> None:
    """Work on all runs of the store until stopped, together with other workers on the same store.

    Stopped with Ctrl-C or SIGTERM, it lets go of its runs for others to take up.
    """
    from stageline.cli.interrupts import Interrupts
    from stageline.cli.kinds import tasks_for_all
    from stageline.cli.needed import need_executor
    from stageline.engine.queue_processor import QueueProcessor, default_slots

    store = session.open()
    need_executor(session)
    slots = session.config["workers"] or default_slots()
    registry = tasks_for_all(session, store)
    click.echo(f"working on {store.url}, {slots} tasks at a time; Ctrl-C ends it", err=True)
    with Interrupts() as interrupts, QueueProcessor(store=store, registry=registry, slots=slots) as processor:
        if until_idle:
            while not interrupts.asked and not processor.process_all(LOOK):
                pass
        else:
            processor.start()
            while not interrupts.asked:
                time.sleep(LOOK / 10)
    click.echo("stopped; what has not ended is for others to take up", err=True)
