"""`stageline status`: what is going on now."""

from __future__ import annotations

import click

from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@as_json
@pass_session
def command(session: Session, as_json: bool) -> None:
    """Tell what is going on now: where runs are kept, how many there are, and which have not ended."""
    from stageline.cli.output import print_json
    from stageline.cli.standing import standing_of

    standing = standing_of(session)
    if as_json:
        print_json(standing.as_json())
        return
    for line in standing.lines(session):
        click.echo(line)
