"""Where the parameters of a job come from, as a table."""

from __future__ import annotations

import click

from stageline.cli.labs import SHORT
from stageline.cli.output import print_table
from stageline.cli.session import Session
from stageline.lab.model import Job
from stageline.lab.trace import Traced

UNSEEN = " (no part of the id)"


def print_trace(session: Session, job: Job, found: tuple[Traced, ...]) -> None:
    """The job's own parameters first."""
    click.echo(f"{job.place}: job {job.id[:SHORT]} of stage '{job.stage}'")
    if not found:
        click.echo("no parameter decides it")
        return
    rows = [(one.name, repr(one.value), _origin(one), one.stage, one.run) for one in found]
    print_table(session, ("PARAMETER", "VALUE", "FROM", "STAGE", "RUN"), rows)


def _origin(one: Traced) -> str:
    match one.origin:
        case "default":
            return "the stage's default" + (UNSEEN if one.traceless else "")
        case "call":
            return f"the call at {one.place}"
        case _:
            sweep = f", one of {one.values} values" if one.values > 1 else ""
            return f"the run, as {one.key}{sweep}"
