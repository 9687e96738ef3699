"""Opening a SQLite database: whose file it is, whether it may be used here, its settings and its tables."""

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from stageline.errors import StoreError
from stageline.store.address import SqliteAddress
from stageline.store.migrations import TABLE, Migration, missing, no_tables, shipped
from stageline.store.mounts import refuse_network
from stageline.store.statements import SQLITE, in_dialect, statements

APPLICATION_ID = 0x53744C6E
OLDEST_SQLITE = (3, 24, 0)
_PAUSE = 0.02
_WAL_KEPT = 64 * 1024 * 1024


class DatabaseFile:
    """The file as it was when it was opened: private from its first moment if it is made here."""

    def __init__(self, path: Path, create: bool) -> None:
        self.path = path
        folder = path.parent
        if not folder.is_dir():
            raise StoreError(f"{path}: there is no folder {folder}; make it first: mkdir -p '{folder}'")
        if path.is_dir():
            raise StoreError(f"{path} is a folder; name a file in it, such as {path / 'stageline.db'}")
        refuse_network(path if path.exists() else folder)
        if not create and not path.exists():
            raise no_tables(str(path))
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreError(
                f"{path} cannot be opened for writing ({error.strerror}); the file and its folder must be"
            ) from error
        self._identity = self._seen()

    def _seen(self) -> tuple[int, int] | None:
        try:
            seen = self.path.stat()
        except OSError:
            return None
        return seen.st_dev, seen.st_ino

    def check(self) -> None:
        """Raise StoreError if the file was removed or replaced: SQLite would go on writing where nobody reads."""
        if self._seen() != self._identity:
            raise StoreError(f"{self.path} was removed or replaced while in use; end this process and start it again")


def connect(address: SqliteAddress, where: str, create_tables: bool) -> sqlite3.Connection:
    """An open connection to a database with all its tables; sqlite3.Error or StoreError when that cannot be."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old: Stageline needs 3.24 or newer; use a newer Python build"
        )
    connection = sqlite3.connect(
        str(address.path or ":memory:"),
        timeout=address.timeout,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        _refuse_foreign(connection, where)
        _configure(connection, address, where)
        migrate(connection, where, create_tables, shipped())
        on_failure.pop_all()
    return connection


def _refuse_foreign(connection: sqlite3.Connection, where: str) -> None:
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if mark != APPLICATION_ID and (mark or tables):
        raise StoreError(f"{where} is the database of another program; name another file")


def _configure(connection: sqlite3.Connection, address: SqliteAddress, where: str) -> None:
    mode = _switch_to_wal(connection, address.timeout)
    if mode not in ("wal", "memory"):
        raise StoreError(
            f"{where}: its file system does not let SQLite keep a write-ahead log (mode '{mode}'); use a local disk"
        )
    connection.execute(f"PRAGMA synchronous = {address.synchronous}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT}")
    connection.execute("PRAGMA temp_store = MEMORY")


def _switch_to_wal(connection: sqlite3.Connection, timeout: float) -> str:
    # SQLite does not wait for other openers here as it does elsewhere.
    deadline = time.monotonic() + timeout
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return str(mode)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE)


def migrate(connection: sqlite3.Connection, where: str, create_tables: bool, known: Sequence[Migration]) -> None:
    """Apply the steps that are missing, all or none, however many processes open the database at once."""
    if not missing(_applied(connection), known, where):
        return
    if not create_tables:
        raise no_tables(where)
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(TABLE)
        for step in missing(_applied(connection), known, where):
            for statement in step.statements():
                connection.execute(in_dialect(statement, SQLITE))
            connection.execute(statements(SQLITE)["add_migration"], (step.number, step.name, step.checksum))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _applied(connection: sqlite3.Connection) -> list[tuple[int, str, str]]:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone()
    return connection.execute(statements(SQLITE)["migrations"]).fetchall() if found else []
