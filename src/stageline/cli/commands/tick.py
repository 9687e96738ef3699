"""`stageline tick`: one look at all runs that are on targets."""

from __future__ import annotations

import click

from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@as_json
@pass_session
def command(session: Session, as_json: bool) -> int:
    """Look once after the runs on targets that nobody works on: take what has ended, begin what is ready, and leave.

    So cron can see to them, and nothing needs to stay: `*/5 * * * * cd ~/experiment && stageline tick`. What runs on a
    target goes on without anybody. Runs that were paused are left alone.
    """
    from stageline.cli.output import print_json
    from stageline.cli.ticking import tick
    from stageline.model.status import Status

    looked = tick(session)
    if as_json:
        print_json({"runs": [{"id": one.run, "status": str(one.status), "target": one.target} for one in looked]})
        return 0
    for one in looked:
        if session.verbosity < 0 and one.status is not Status.FAILED:
            continue
        click.echo(f"{one.run}  {one.status}  on {one.target}")
    if not looked and session.verbosity >= 0:
        click.echo("no runs on targets are left to anybody")
    return 0
