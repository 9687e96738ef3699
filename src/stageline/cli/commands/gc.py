"""`stageline gc`: delete old runs."""

from __future__ import annotations

import click

from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@click.option("--older-than", metavar="SPAN", help="Runs that ended longer ago than this, such as 30d or 12h.")
@click.option("--keep", type=click.IntRange(0), metavar="N", help="All ended runs but the newest N.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be deleted.")
@as_json
@pass_session
def command(session: Session, older_than: str | None, keep: int | None, dry_run: bool, as_json: bool) -> None:
    """Delete ended runs by their age and number, with their logs, and large values that no run refers to any more.

    With both, a run goes only if it is old and not among the newest. Runs that have not ended are never touched. With
    neither, only what nothing refers to goes.
    """
    from stageline.cli.garbage import Choice, collect
    from stageline.cli.output import print_json
    from stageline.cli.times import read_span

    choice = Choice(read_span(older_than) if older_than else None, keep)
    swept = collect(session.open_kept(), choice, dry_run)
    if as_json:
        print_json(swept.as_json(dry_run))
        return
    for row in swept.runs:
        click.echo(f"{row.id}  {row.record.status}  {row.name}")
    word = "would be deleted" if dry_run else "deleted"
    click.echo(f"{len(swept.runs)} runs and {swept.values} large values {word}: {swept.size / 1e6:.1f} MB of files")
