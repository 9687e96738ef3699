"""`stageline list`: the runs, newest first."""

from __future__ import annotations

import click

from stageline.cli.completing import complete_status
from stageline.cli.options import Session, as_json, pass_session, verb
from stageline.engine.ports import RunRow
from stageline.errors import DocumentError, did_you_mean
from stageline.model.status import Status


@verb(name="list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, metavar="N", help="How many at most.")
@click.option("--status", metavar="STATUS", shell_complete=complete_status, help="Only runs in this state.")
@click.option("--all", "everything", is_flag=True, help="Also the runs that other runs have started.")
@as_json
@pass_session
def command(session: Session, limit: int, status: str | None, everything: bool, as_json: bool) -> None:
    """List the runs, newest first."""
    from stageline.cli.described import row_as_json
    from stageline.cli.output import print_json
    from stageline.cli.standing import is_worked_on

    wanted = _status(status)
    rows = _rows(session, limit, wanted, everything)
    if as_json:
        print_json({"runs": [row_as_json(row, is_worked_on(row)) for row in rows]})
    elif rows:
        _print(session, rows)
    else:
        click.echo(
            "no such runs" if wanted or session.has_store else f"no runs are kept in {session.home} yet", err=True
        )


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
