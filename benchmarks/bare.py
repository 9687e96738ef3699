"""The yardstick: a loop that writes with bare sqlite3 the same rows as the engine, and does nothing else."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stageline.store.statements import SQLITE, statements

Row = tuple[object, ...]


class Written(NamedTuple):
    """What a finished run has left in its database: the run's row, its stages' last records, its events."""

    key: int
    record: str
    records: list[Row]
    events: list[Row]


class Commit(NamedTuple):
    """The rows of one transaction."""

    records: Sequence[Row]
    events: Sequence[Row]


def read_written(path: Path) -> Written:
    """Read the only run of a database."""
    with sqlite3.connect(path) as database:
        key, record = database.execute("SELECT key, record FROM runs").fetchone()
        records = database.execute("SELECT run, seq, record FROM records ORDER BY seq").fetchall()
        events = database.execute("SELECT run, seq, body FROM events ORDER BY seq").fetchall()
    database.close()
    return Written(key, record, records, events)


def chain_commits(written: Written) -> list[Commit]:
    """One transaction for each stage that ends and the next that starts: two records, two events."""
    records, events = written.records, written.events
    pairs = [records[max(i - 1, 0) : i + 1] for i in range(len(records) + 1)]
    return [Commit(pair, events[2 * i : 2 * i + 2]) for i, pair in enumerate(pairs)]


def batch_commits(written: Written, size: int) -> list[Commit]:
    """Each record twice (started, ended) and all events, in transactions of `size` stages."""
    rows = [row for record in written.records for row in (record, record)]
    step = 2 * size
    return [Commit(rows[i : i + step], written.events[i : i + step]) for i in range(0, len(rows), step)]


def write(path: Path, written: Written, commits: Sequence[Commit]) -> None:
    """Write it all again into a database that holds the same run, not yet started."""
    sql = statements(SQLITE)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    (id,) = database.execute("SELECT id FROM runs").fetchone()
    for commit in commits:
        database.execute("BEGIN IMMEDIATE")
        database.execute(sql["lock_run"], (id,)).fetchall()
        database.execute(sql["save_run"], (written.record, written.key))
        database.executemany(sql["put_records"], commit.records)
        database.executemany(sql["add_events"], commit.events)
        database.execute("COMMIT")
    database.close()
