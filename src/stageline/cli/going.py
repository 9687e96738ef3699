"""Working on a run as `run`, `resume` and `retry` do: with the view that fits, and the words and code at its end."""

from __future__ import annotations

import logging

import click

from stageline.cli.described import run_as_json
from stageline.cli.ending import INTERRUPTED, exit_code, say_detached, say_ending, say_interrupted
from stageline.cli.kinds import tasks_for
from stageline.cli.output import is_lively, print_json
from stageline.cli.session import Session
from stageline.cli.started import whole_run
from stageline.cli.state import RunState
from stageline.cli.views import Plain, Silent, View
from stageline.cli.working import Work, work_on
from stageline.engine.ports import Store
from stageline.engine.workbench import Registry
from stageline.model.workflow import Workflow

log = logging.getLogger(__name__)


def go_on(
    session: Session,
    store: Store,
    run: Workflow,
    as_json: bool,
    *,
    again: bool = False,
    registry: Registry | None = None,
) -> int:
    """Work on a kept run until it has ended, the next time if it is to run `again`; answers the exit code."""
    target = str(run.names.get("target", ""))
    tasks = registry or tasks_for(session, run)
    work = Work(store, run, tasks, session.config["workers"], again, detached=bool(target))
    log.info("run %s of '%s': worked on, kept in %s", run.id, run.name, store.url)
    watched = work_on(work, view_for(session, store, as_json))
    log.info("run %s of '%s': %s", run.id, run.name, watched.run.record.status)
    if as_json:
        say_run(store, store.retrieve(run.id))
    if watched.interrupted:
        if target:
            say_detached(session, watched.run, target)
        else:
            say_interrupted(session, watched.run)
        return INTERRUPTED
    say_ending(session, watched.run)
    return exit_code(watched.run.record.status)


def say_run(store: Store, run: Workflow) -> None:
    """A run as JSON, with the runs that it has started."""
    print_json(run_as_json(whole_run(store, run)))


def view_for(session: Session, store: Store, as_json: bool) -> View:
    """Nothing beside JSON, a live tree on a terminal, lines elsewhere."""
    if as_json or session.verbosity < 0:
        return Silent()
    if is_lively(session):
        from stageline.cli.live import LiveTree

        return LiveTree(session, store.files)
    return Plain(session)


def show_plan(session: Session, run: Workflow, as_json: bool) -> int:
    """Show what would run."""
    state = RunState(run)
    if as_json:
        print_json(run_as_json(state))
        return 0
    from stageline.cli.tree import print_run

    click.echo("nothing is run; this would be:")
    print_run(session, state)
    return 0
