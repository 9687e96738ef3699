"""Runs in PostgreSQL, for any number of processors on any number of machines. Needs psycopg when a store is made."""

from pathlib import Path

from stageline.errors import MissingDependency
from stageline.store.address import PostgresAddress, parse_postgres
from stageline.store.files import Files
from stageline.store.sqlstore import SqlStore


class PostgresWorkflowStore(SqlStore):
    """Runs in the PostgreSQL database that `url` names, in its schema `stageline`.

    `?timeout=SECONDS` is how long to wait for another session's lock. `files` is the folder for logs and large
    values, which all processors should share; else it is in this user's data folder, under the database's name.
    """

    def __init__(self, url: str, create_tables: bool = True, files: Path | str | None = None) -> None:
        address = parse_postgres(url)
        try:
            from stageline.store.postgres_bells import PostgresBells
            from stageline.store.postgres_database import PostgresDatabase
        except ImportError as error:
            needed = "a PostgreSQL store needs psycopg: pip install 'stageline[postgres]'"
            raise MissingDependency(f"{needed} ({error})") from error
        database = PostgresDatabase(address, create_tables)
        folder = Path(files) if files else _folder(address)
        super().__init__(address.url, database, PostgresBells(address), Files(folder))


def _folder(address: PostgresAddress) -> Path:
    from platformdirs import user_data_path

    return user_data_path("stageline", appauthor=False) / address.database.replace("/", "_")
