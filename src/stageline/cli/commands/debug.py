"""`stageline debug`: a shell in exactly the surroundings of a job."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.completing_labs import complete_job
from stageline.cli.options import Session, pass_session, verb
from stageline.cli.options_lab import runtimes


@verb()
@click.argument("job", metavar="JOB", shell_complete=complete_job)
@click.option(
    "--lab", metavar="FOLDER", type=click.Path(path_type=Path), default="result", help="The Lab; else `result`."
)
@click.option(
    "--step", "--part", "part", metavar="NAME", default="", help="Of a scatter-gather: scatter, gather, or a step."
)
@click.option("--item", metavar="N", type=int, default=0, help="The item for a step, counted from 0.")
@runtimes
@pass_session
def command(session: Session, job: str, lab: Path, part: str, item: int, runtime: str | None) -> int:
    """Open a shell where the job whose id begins with JOB would run: with its tools, variables and inputs.

    `$out` is an empty folder of its own, so what the job has made stays. The script lies beside it, to be sourced.
    """
    import sys

    from stageline.lab.about import about
    from stageline.lab.debugging import Wish, debug
    from stageline.lab.selecting import job_named
    from stageline.lab.unpack import open_lab
    from stageline.runtimes.sandbox import Runtime

    known = about(open_lab(lab, session.home))
    found = known.plan.jobs[job_named(known.plan, job)]
    terminal = session.environ.get("TERM", "") if sys.stdin.isatty() else ""
    return debug(known, found, Wish(part, item), Runtime(runtime or "native"), terminal)
