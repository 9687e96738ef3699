"""`stageline list`: the runs, newest first; or what is in a Lab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from stageline.cli.completing import complete_status
from stageline.cli.completing_labs import complete_named
from stageline.cli.labs import Choice, filters, lab_option
from stageline.cli.options import Session, as_json, pass_session, verb
from stageline.engine.ports import RunRow
from stageline.errors import DocumentError, did_you_mean
from stageline.model.status import Status

TABLE = 20
WORDS = ("runs", "jobs", "deps", "groups")
OF_A_LAB = ("lab", "stage", "given")


@verb(name="list")
@click.argument("what", type=click.Choice(WORDS), required=False, metavar="[runs | jobs | deps | groups]")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_named)
@click.option("--limit", type=click.IntRange(1), metavar="N", help=f"How many at most; a table has {TABLE} else.")
@click.option("--status", metavar="STATUS", shell_complete=complete_status, help="Only what is in this state.")
@click.option("--all", "everything", is_flag=True, help="Also the runs that other runs have started.")
@lab_option
@filters
@as_json
@pass_session
def command(session: Session, /, what: str | None, names: tuple[str, ...], limit: int | None, **asked: Any) -> None:
    """List the runs that are kept, newest first.

    With a word, list what is in a Lab: its runs, its jobs (of the runs, @groups and jobs that are NAMEd), what depends
    on what (runs, or the jobs NAMEd), or its groups.
    """
    if what is not None:
        from stageline.cli.lab_lists import Listing, show

        choice = Choice(asked["stage"], asked["status"], asked["given"])
        show(session, Listing(what, names, limit, asked["lab"], choice), asked["as_json"])
        return
    if any(asked[key] for key in OF_A_LAB):
        raise click.UsageError("this is about a Lab: say what to list, such as `stageline list jobs`")
    _list_kept(session, limit or TABLE, asked)


def _list_kept(session: Session, limit: int, asked: Mapping[str, Any]) -> None:
    from stageline.cli.described import row_as_json
    from stageline.cli.output import print_json
    from stageline.cli.standing import is_worked_on

    wanted = _status(asked["status"])
    rows = _rows(session, limit, wanted, asked["everything"])
    if asked["as_json"]:
        print_json({"runs": [row_as_json(row, is_worked_on(row)) for row in rows]})
    elif rows:
        _print(session, rows)
    else:
        nowhere = f"no runs are kept in {session.home} yet"
        click.echo("no such runs" if wanted or session.has_store else nowhere, err=True)


def _status(text: str | None) -> Status | None:
    if text is None:
        return None
    found = Status.__members__.get(text.upper().replace("-", "_"))
    if found is None:
        hint = did_you_mean(text.upper(), Status.__members__) or f"; there are {', '.join(Status)}"
        raise DocumentError(f"no state '{text}'{hint}")
    return found


def _rows(session: Session, limit: int, status: Status | None, everything: bool) -> list[RunRow]:
    if not session.has_store:
        return []
    from stageline.cli.choosing import newest

    def fits(row: RunRow) -> bool:
        return (everything or not row.parent) and status in (None, row.record.status)

    return newest(session.open_kept(), limit, fits)


def _print(session: Session, rows: list[RunRow]) -> None:
    from stageline.cli.output import print_table
    from stageline.cli.times import day, span

    lines = [
        (
            row.id,
            str(row.record.status),
            day(row.record.started_at),
            span(row.record.started_at, row.record.ended_at),
            row.name + _remark(row),
        )
        for row in rows
    ]
    print_table(session, ("RUN", "STATUS", "STARTED", "TOOK", "NAME"), lines, [row.record.status for row in rows])


def _remark(row: RunRow) -> str:
    from stageline.cli.standing import is_left

    return "  (nobody works on it)" if is_left(row) else ""
