"""The yardstick: a loop that writes with bare sqlite3 the same rows as the engine, and does nothing else.

The rows are those of the engine's own log, replayed, with every version of each record: SQLite does not write what it
is given a second time, so a loop that repeats the last version would do less.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stageline.engine.events import Event
from stageline.engine.run import Run
from stageline.model.workflow import Workflow
from stageline.store import codec
from stageline.store.statements import SQLITE, statements

ONLY_RUN = 1

Row = tuple[int, int, str]


class Commit(NamedTuple):
    """The rows of one transaction: the run's record, those of stages, events."""

    run: tuple[str, int]
    records: Sequence[Row]
    events: Sequence[Row]


def replay(workflow: Workflow, events: Sequence[Event], at_a_time: int) -> list[Commit]:
    """The transactions that write a run's log, so many events in each, with the records that the events make."""
    run = Run(workflow)
    commits = []
    for first in range(0, len(events), at_a_time):
        records: list[Row] = []
        rows: list[Row] = []
        for number, event in enumerate(events[first : first + at_a_time], first + 1):
            run.apply(event)
            records += [(ONLY_RUN, stage, codec.encode(record)) for stage, record in run.take_changes().stages]
            rows.append((ONLY_RUN, number, codec.encode(event)))
        commits.append(Commit((codec.encode(run.record), ONLY_RUN), records, rows))
    return commits


def write(path: Path, commits: Sequence[Commit]) -> None:
    """Write it all into a database that holds the same run, not yet started."""
    sql = statements(SQLITE)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    (id,) = database.execute("SELECT id FROM runs").fetchone()
    for commit in commits:
        database.execute("BEGIN IMMEDIATE")
        database.execute(sql["lock_run"], (id,)).fetchall()
        database.execute(sql["save_run"], commit.run)
        database.executemany(sql["put_records"], commit.records)
        database.executemany(sql["add_events"], commit.events)
        database.execute("COMMIT")
    database.close()


def written(path: Path) -> list[list[tuple[object, ...]]]:
    """All that a run's database says of it."""
    database = sqlite3.connect(path)
    try:
        queries = ("SELECT record FROM runs", "SELECT * FROM records", "SELECT * FROM events")
        return [database.execute(query).fetchall() for query in queries]
    finally:
        database.close()
