"""Runs in a SQLite file, or in a SQLite database in memory that all stores and queues of the process share."""

import threading
from pathlib import Path
from weakref import WeakValueDictionary

from stageline.store.address import SqliteAddress, parse_sqlite
from stageline.store.files import Files
from stageline.store.mailboxes import Mailboxes
from stageline.store.sqlite_database import SqliteDatabase
from stageline.store.sqlstore import SqlStore


class SqliteWorkflowStore(SqlStore):
    """Runs in the SQLite database that `url` names: `sqlite:///runs.db`, `sqlite:////absolute/runs.db`, `sqlite:///:memory:`.

    `?timeout=SECONDS` is how long to wait for another process's lock, `?synchronous=full` survives a power cut with
    the last commit. `files` is the folder for logs and large values; else it is the database's path and `.files`.
    """

    def __init__(self, url: str, create_tables: bool = True, files: Path | str | None = None) -> None:
        address = parse_sqlite(url)
        database = _open(address, create_tables)
        super().__init__(address.url, database, Mailboxes(), Files(Path(files)) if files else database.files)


# An in-memory database is found by its URL, as a file is by its path; it is nobody's while no store has it.
_in_memory: WeakValueDictionary[str, SqliteDatabase] = WeakValueDictionary()
_opening = threading.Lock()


def _open(address: SqliteAddress, create_tables: bool) -> SqliteDatabase:
    if address.path is not None:
        return SqliteDatabase(address, create_tables)
    with _opening:
        database = _in_memory.get(address.url)
        if database is None:
            database = _in_memory[address.url] = SqliteDatabase(address, create_tables)
        return database
