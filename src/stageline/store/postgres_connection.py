"""Connecting to PostgreSQL: the session's settings, the clock's difference, the tables.

Everything is in the schema `stageline`, beside what else the database holds. A server that does not hear of us frees
our locks by itself, and we hear of a server that is gone, both within about half a minute.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stageline.errors import DocumentError, StoreError
from stageline.store.address import PostgresAddress
from stageline.store.migrations import TABLE, Migration, missing, no_tables, shipped
from stageline.store.statements import POSTGRES, in_dialect, statements

Connection = psycopg.Connection[tuple[object, ...]]

OLDEST_SERVER = 120_000
_MIGRATING = 0x53744C6E
_SESSION = """SELECT set_config('search_path', 'stageline', false), set_config('lock_timeout', %s, false),
set_config('idle_in_transaction_session_timeout', '30s', false), set_config('tcp_keepalives_idle', '15', false),
set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)"""
_CLOCK = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
_LIBPQ = {
    "application_name": "stageline",
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}


def connect(address: PostgresAddress) -> Connection:
    """A new session, in which each statement is a transaction unless one is begun."""
    connection = psycopg.connect(_conninfo(address), autocommit=True, prepare_threshold=1)
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        connection.execute(_SESSION, (f"{int(address.timeout * 1000)}ms",))
        on_failure.pop_all()
    return connection


def _conninfo(address: PostgresAddress) -> str:
    try:
        return make_conninfo("", **{**_LIBPQ, **conninfo_to_dict(address.conninfo)})
    except psycopg.ProgrammingError as error:
        raise DocumentError(f"{address.url}: {error}; see libpq's connection options, and timeout") from None


def clock_difference(connection: Connection, known: int) -> int:
    """How far the server's clock is ahead of ours, in microseconds; `known` if that is as good as can be told."""
    before = time.time_ns() // 1000
    row = connection.execute(_CLOCK).fetchone()
    after = time.time_ns() // 1000
    assert row is not None
    (server,) = row
    assert isinstance(server, int)
    measured = server - (before + after) // 2
    return known if abs(measured - known) <= after - before + 1000 else measured


def prepare(connection: Connection, where: str, create_tables: bool) -> None:
    """See to it that all tables are there; psycopg.Error or StoreError when that cannot be."""
    if connection.info.server_version < OLDEST_SERVER:
        version = connection.info.server_version // 10_000
        raise StoreError(f"{where}: PostgreSQL {version} is too old; 12 or newer is needed")
    if connection.info.encoding != "utf-8":
        raise StoreError(f"{where}: the database must be in UTF-8; make another: createdb --encoding=UTF8 NAME")
    migrate(connection, where, create_tables, shipped())


def migrate(connection: Connection, where: str, create_tables: bool, known: Sequence[Migration]) -> None:
    """Apply the steps that are missing, all or none, however many processes open the database at once."""
    if not missing(_applied(connection), known, where):
        return
    if not create_tables:
        raise no_tables(where)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
        if not _is_there(connection, "to_regnamespace", "stageline"):
            connection.execute("CREATE SCHEMA stageline")
        connection.execute(TABLE)
        for step in missing(_applied(connection), known, where):
            for statement in step.statements():
                connection.execute(in_dialect(statement, POSTGRES).encode())
            connection.execute(statements(POSTGRES)["add_migration"].encode(), (step.number, step.name, step.checksum))


def _applied(connection: Connection) -> list[tuple[int, str, str]]:
    if not _is_there(connection, "to_regclass", "stageline.migrations"):
        return []
    rows = connection.execute(statements(POSTGRES)["migrations"].encode()).fetchall()
    return [(int(str(number)), str(name), str(checksum)) for number, name, checksum in rows]


def _is_there(connection: Connection, function: str, name: str) -> bool:
    row = connection.execute(f"SELECT {function}(%s) IS NOT NULL".encode(), (name,)).fetchone()
    return bool(row and row[0])
