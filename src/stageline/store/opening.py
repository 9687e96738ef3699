"""From a URL to a store."""

from pathlib import Path

from stageline.engine.ports import Store
from stageline.store.address import scheme_of, sqlite_url
from stageline.store.memory import MemoryStore
from stageline.store.postgres import PostgresWorkflowStore
from stageline.store.sqlite import SqliteWorkflowStore


def open_store(url: str, create_tables: bool = True, files: Path | str | None = None) -> Store:
    """The store that `url` names: `memory:`, `sqlite:///runs.db`, `postgresql://…`, or a path that ends in `.db`."""
    match scheme_of(url):
        case "memory":
            return MemoryStore(files)
        case "postgresql":
            return PostgresWorkflowStore(url, create_tables, files)
        case "path":
            return SqliteWorkflowStore(sqlite_url(url), create_tables, files)
        case _:
            return SqliteWorkflowStore(url, create_tables, files)
