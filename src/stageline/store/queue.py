"""The documents' queues: another view of a store, through which messages are left for runs.

A queue and a store share a database.
"""

from stageline.engine.clock import utc_now
from stageline.engine.messages import Message
from stageline.engine.ports import Clock, Store
from stageline.errors import DocumentError
from stageline.store.postgres import PostgresWorkflowStore
from stageline.store.sqlite import SqliteWorkflowStore

TABLE = "queue_messages"


def _ours(table_name: str) -> None:
    if table_name != TABLE:
        raise DocumentError(
            f"messages are kept in the table '{TABLE}', beside the runs that they are for, so that both change in one "
            f"transaction; leave out table_name='{table_name}'"
        )


class _StoreQueue:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def url(self) -> str:
        return self._store.url

    @property
    def store(self) -> Store:
        return self._store

    def push(self, run: str, message: Message) -> None:
        self._store.push(run, message, self._clock())

    def _create_table(self) -> None:
        """The table was made with the others when the database was opened."""

    def close(self) -> None:
        self._store.close()


class SqliteQueue(_StoreQueue):
    """The queue of a SQLite database; `sqlite:///:memory:` is the same one for all of this process."""

    def __init__(self, url: str, table_name: str = TABLE, clock: Clock = utc_now) -> None:
        _ours(table_name)
        super().__init__(SqliteWorkflowStore(url), clock)


class PostgresQueue(_StoreQueue):
    """The queue of a PostgreSQL database."""

    def __init__(self, url: str, table_name: str = TABLE, clock: Clock = utc_now) -> None:
        _ours(table_name)
        super().__init__(PostgresWorkflowStore(url), clock)
