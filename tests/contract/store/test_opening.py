"""A store and a queue with one URL share one database; a URL names a store."""

import subprocess
import sys
from pathlib import Path

import pytest

from stageline.engine.messages import StartWorkflow
from stageline.errors import DocumentError
from stageline.store.memory import MemoryStore
from stageline.store.opening import open_store
from stageline.store.postgres import PostgresWorkflowStore
from stageline.store.queue import PostgresQueue, SqliteQueue
from stageline.store.sqlite import SqliteWorkflowStore
from tests.contract.store.world import NOW, a_run, joined, messages


def test_each_url_opens_its_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    urls = ["memory", "memory:", "sqlite:///:memory:", "sqlite:///a.db", "b.db", f"{tmp_path}/c d.sqlite"]
    stores = [open_store(url) for url in urls]
    assert [type(store) for store in stores] == [MemoryStore] * 2 + [SqliteWorkflowStore] * 4
    for store in stores:
        store.close()
    assert {path.name for path in tmp_path.iterdir()} == {"a.db", "b.db", "c d.sqlite"}
    with pytest.raises(DocumentError, match="did you mean 'sqlite'"):
        open_store("sqlit:///a.db")


def pushes(queue: SqliteQueue | PostgresQueue, store: SqliteWorkflowStore | PostgresWorkflowStore) -> None:
    """A message that is put into the queue is in the store."""
    assert queue.url == store.url
    store.store(a_run("run"))
    queue.push("run", StartWorkflow())
    peer = joined(store)
    assert len(store.claim(peer.id, NOW, 1)) == 1
    assert messages(store, peer) == [StartWorkflow()]
    assert queue.store.retrieve("run").id == "run"


def test_a_sqlite_queue_and_store_share_one_database(tmp_path: Path) -> None:
    for url in ("sqlite:///:memory:", f"sqlite:///{tmp_path}/runs.db"):
        store = SqliteWorkflowStore(url, create_tables=True)
        queue = SqliteQueue(url, table_name="queue_messages")
        queue._create_table()
        queue._create_table()
        pushes(queue, store)
        store.close()
        assert queue.store.retrieve("run").id == "run"
        queue.close()


def test_a_postgres_queue_and_store_share_one_database(fresh_postgres_url: str) -> None:
    store = PostgresWorkflowStore(fresh_postgres_url)
    queue = PostgresQueue(fresh_postgres_url)
    pushes(queue, store)
    store.close()
    queue.close()


def test_another_table_is_refused_with_the_reason() -> None:
    with pytest.raises(DocumentError, match=r"kept in the table 'queue_messages'.*table_name='mine'"):
        SqliteQueue("sqlite:///:memory:", table_name="mine")


def test_temporary_files_go_with_a_store_in_memory() -> None:
    for store in (MemoryStore(), SqliteWorkflowStore("sqlite:///:memory:")):
        files = store.files
        assert files.is_dir()
        store.close()
        assert not files.exists()


def test_files_are_shared_as_the_database_is(tmp_path: Path) -> None:
    for url in ("sqlite:///:memory:", f"sqlite:///{tmp_path}/runs.db"):
        store, queue = SqliteWorkflowStore(url), SqliteQueue(url)
        files = store.files
        assert queue.store.files == files
        store.close()
        assert files.is_dir()
        queue.close()


def test_psycopg_is_imported_by_those_who_use_it() -> None:
    code = "import stageline.store.opening, stageline.store.queue, sys; sys.exit('psycopg' in sys.modules)"
    path = str(Path(open_store.__code__.co_filename).parents[2])
    assert subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": path}).returncode == 0
