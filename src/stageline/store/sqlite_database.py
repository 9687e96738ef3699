"""SQLite as a database of the stores: one connection for all threads, one writer at a time, WAL.

A write transaction takes the write lock when it begins, so it never fails half-way because of another writer.
"""

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from stageline.store.address import SqliteAddress
from stageline.store.database import EVERYONE, Held, Row, json_texts
from stageline.store.files import Files
from stageline.store.mailboxes import Ringer
from stageline.store.sqlite_errors import translated
from stageline.store.sqlite_file import DatabaseFile, connect
from stageline.store.statements import SQLITE, statements


class SqliteDatabase:
    """An open SQLite database."""

    ahead = 0

    def __init__(self, address: SqliteAddress, create_tables: bool) -> None:
        self.where = str(address.path or "the database in memory")
        self.timeout = address.timeout
        self._file = DatabaseFile(address.path, create_tables) if address.path else None
        self.lock = threading.Lock()
        self.sql = statements(SQLITE)
        try:
            self.connection = connect(address, self.where, create_tables)
        except sqlite3.Error as error:
            raise translated(error, self.where, self.timeout) from error
        self.ringer = Ringer()
        self.files = Files(address.path and address.path.with_name(address.path.name + ".files"))
        self._end = weakref.finalize(self, _close, self.connection, self.ringer)

    def query(self, name: str, *params: object) -> list[Row]:
        with self.lock:
            try:
                return self.connection.execute(self.sql[name], params).fetchall()
            except sqlite3.Error as error:
                raise translated(error, self.where, self.timeout) from error

    def read(self) -> AbstractContextManager["SqliteTransaction"]:
        return SqliteTransaction(self, "BEGIN")

    def write(self) -> AbstractContextManager["SqliteTransaction"]:
        return SqliteTransaction(self, "BEGIN IMMEDIATE")

    def check(self) -> None:
        if self._file is not None:
            self._file.check()

    def close(self) -> None:
        """A file is closed now; what is in memory lives as long as anybody has this object."""
        if self._file is not None:
            with self.lock:
                self._end()


def _close(connection: sqlite3.Connection, ringer: Ringer) -> None:
    connection.close()
    ringer.close()


class SqliteTransaction:
    """The connection is this transaction's from its beginning to its end, whatever other threads want."""

    __slots__ = ("_begin", "_connection", "_db", "_rung")

    def __init__(self, database: SqliteDatabase, begin: str) -> None:
        self._db = database
        self._begin = begin
        self._rung: list[str] = []

    def __enter__(self) -> "SqliteTransaction":
        self._db.lock.acquire()
        try:
            self._connection = self._db.connection
            self._connection.execute(self._begin)
        except sqlite3.Error as error:
            self._db.lock.release()
            raise translated(error, self._db.where, self._db.timeout) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        except sqlite3.Error as failure:
            raise translated(failure, self._db.where, self._db.timeout) from failure
        finally:
            self._roll_back()
            self._db.lock.release()
        if isinstance(error, sqlite3.Error):
            raise translated(error, self._db.where, self._db.timeout) from error
        if kind is None and self._rung:
            self._db.ringer.ring(self._rung)

    def _roll_back(self) -> None:
        # SQLite itself has rolled back after some errors; a damaged or vanished file may refuse even this.
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def rows(self, name: str, *params: object) -> list[Row]:
        return self._connection.execute(self._db.sql[name], params).fetchall()

    def run(self, name: str, *params: object) -> None:
        self._connection.execute(self._db.sql[name], params)

    def many(self, name: str, rows: Sequence[Row]) -> None:
        self._connection.executemany(self._db.sql[name], rows)

    def changed(self, name: str, *params: object) -> int:
        return self._connection.execute(self._db.sql[name], params).rowcount

    def lock(self, runs: Collection[str]) -> dict[str, Held]:
        found = self.rows("lock_run", *runs) if len(runs) == 1 else self.rows("lock_runs", json_texts(runs))
        return {id: Held(key, owner, fence) for id, key, owner, fence in found}

    def ring(self, peers: Collection[str]) -> None:
        addresses = self._connection.execute(self._db.sql["addresses"]).fetchall()
        self._rung += [address for id, address in addresses if EVERYONE in peers or id in peers]
