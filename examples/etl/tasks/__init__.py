"""Where the orders come from, and where they go."""

import csv
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from stageline import tag


@tag("tasks", alias="extract")
def extract(source: str, day: date) -> dict[str, object]:
    """The rows of one day. The source is a mounted share, which now and then is away: that is an OSError."""
    with Path(source).open(newline="", encoding="utf-8") as file:
        return {"rows": [row for row in csv.DictReader(file) if row["day"] == day.isoformat()]}


@tag("tasks", alias="load")
def load(database: str, day: date, rows: list[dict[str, object]]) -> dict[str, object]:
    """Replace the rows of the day, all or none."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("create table if not exists orders (id integer primary key, day text, amount real)")
        connection.execute("delete from orders where day = ?", (day.isoformat(),))
        connection.executemany("insert into orders values (:id, :day, :amount)", rows)
        (total,) = connection.execute("select sum(amount) from orders where day = ?", (day.isoformat(),)).fetchone()
    return {"rows": len(rows), "total": total or 0.0}
