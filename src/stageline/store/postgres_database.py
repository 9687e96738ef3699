"""PostgreSQL as a database of the stores: a connection for each call, kept for the next one.

Statements of a transaction are sent without waiting for each other; only a question waits for its answer. A call that
loses its connection raises StoreError; the next one gets a new connection.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import psycopg

from stageline.store.address import PostgresAddress
from stageline.store.database import EVERYONE, Held, Row, json_texts
from stageline.store.postgres_bells import EVERYONES_CHANNEL, channel_of
from stageline.store.postgres_connection import Connection, clock_difference, connect, prepare
from stageline.store.postgres_errors import not_connected, translated, uncertain
from stageline.store.statements import POSTGRES, statements

KEPT_IDLE = 4


class PostgresDatabase:
    """A PostgreSQL database, connected to as needed."""

    def __init__(self, address: PostgresAddress, create_tables: bool) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False
        self.ahead = 0
        self.sql = {name: text.encode() for name, text in statements(POSTGRES).items()}
        with ExitStack() as on_failure:
            on_failure.callback(self.close)
            with self._connected() as connection:
                prepare(connection, address.url, create_tables)
                self.ahead = clock_difference(connection, self.ahead)
            on_failure.pop_all()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        connection = self._take()
        try:
            yield connection
        except psycopg.Error as error:
            raise translated(error, self._address.url) from error
        finally:
            self._give_back(connection)

    def _take(self) -> Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        try:
            return connect(self._address)
        except psycopg.Error as error:
            raise not_connected(error, self._address.url) from error

    def _give_back(self, connection: Connection) -> None:
        lost: list[Connection] = []
        with self._lock:
            if connection.closed:
                # The server has most likely dropped the others too.
                lost, self._idle = self._idle, lost
            elif self._closed or len(self._idle) >= KEPT_IDLE or not _is_clean(connection):
                lost.append(connection)
            else:
                self._idle.append(connection)
        for old in lost:
            old.close()

    def query(self, name: str, *params: object) -> list[Row]:
        with self._connected() as connection:
            return connection.execute(self.sql[name], params).fetchall()

    def read(self) -> AbstractContextManager["PostgresTransaction"]:
        return self._transaction(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def write(self) -> AbstractContextManager["PostgresTransaction"]:
        return self._transaction(b"")

    @contextmanager
    def _transaction(self, kind: bytes) -> Iterator["PostgresTransaction"]:
        ending = False
        with self._connected() as connection:
            try:
                with _pipeline(connection) as pipeline, connection.transaction():
                    if kind:
                        connection.execute(kind)
                    yield PostgresTransaction(self, connection, pipeline)
                    ending = True
            except psycopg.Error as error:
                if ending and connection.closed:
                    raise uncertain(error, self._address.url) from error
                raise

    def check(self) -> None:
        """Clocks drift apart: look again, as often as leases are renewed."""
        with self._connected() as connection:
            self.ahead = clock_difference(connection, self.ahead)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _pipeline(connection: Connection) -> AbstractContextManager[psycopg.Pipeline | None]:
    return connection.pipeline() if psycopg.capabilities.has_pipeline() else nullcontext()


def _is_clean(connection: Connection) -> bool:
    return connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


class PostgresTransaction:
    """Named statements on one connection."""

    def __init__(self, database: PostgresDatabase, connection: Connection, pipeline: psycopg.Pipeline | None) -> None:
        self._sql = database.sql
        self._connection = connection
        self._pipeline = pipeline

    def rows(self, name: str, *params: object) -> list[Row]:
        return self._connection.execute(self._sql[name], params).fetchall()

    def run(self, name: str, *params: object) -> None:
        self._connection.execute(self._sql[name], params)

    def many(self, name: str, rows: Sequence[Row]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(self._sql[name], rows)

    def changed(self, name: str, *params: object) -> int:
        cursor: psycopg.Cursor[Any] = self._connection.execute(self._sql[name], params)
        if self._pipeline is not None:
            self._pipeline.sync()
        return cursor.rowcount

    def lock(self, runs: Collection[str]) -> dict[str, Held]:
        found = self.rows("lock_run", *runs) if len(runs) == 1 else self.rows("lock_runs", json_texts(runs))
        return {id: Held(key, owner, fence) for id, key, owner, fence in found}

    def ring(self, peers: Collection[str]) -> None:
        channels = {EVERYONES_CHANNEL} if EVERYONE in peers else {channel_of(peer) for peer in peers}
        for channel in sorted(channels):
            self.run("ring", channel)
