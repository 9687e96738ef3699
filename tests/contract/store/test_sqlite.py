"""What a SQLite file may meet: other processes, older and newer programs, bad disks. Each gets its own clear error."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.engine.messages import PauseWorkflow
from stageline.errors import StoreError
from stageline.store.address import SqliteAddress, sqlite_url
from stageline.store.migrations import Migration, shipped
from stageline.store.sqlite import SqliteWorkflowStore
from stageline.store.sqlite_database import SqliteDatabase
from stageline.store.sqlite_file import migrate
from tests.contract.store.world import LATER, NOW, a_run, another_process, joined, started


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "with blanks" / "runs.db"


@pytest.fixture
def url(path: Path) -> str:
    path.parent.mkdir()
    return sqlite_url(str(path))


def kept(url: str, run: str = "kept") -> None:
    """A database with a run in it, closed."""
    store = SqliteWorkflowStore(url)
    store.store(a_run(run))
    store.close()


def changed(path: Path, sql: str) -> None:
    """The closed database, changed by another program."""
    other = sqlite3.connect(path)
    with other:
        other.executescript(sql)
    other.close()


def refused(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        SqliteWorkflowStore(url)


def test_a_relative_path_is_beside_you(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept("sqlite:///here.db")
    assert (tmp_path / "here.db").exists()


def test_the_file_and_what_is_beside_it_are_private(url: str, path: Path) -> None:
    old = os.umask(0)
    try:
        store = SqliteWorkflowStore(url)
    finally:
        os.umask(old)
    store.store(a_run())
    files = [path, path.with_name("runs.db-wal"), path.with_name("runs.db-shm")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3
    assert store.files == path.with_name("runs.db.files")
    store.close()


def test_a_missing_folder_is_named_with_how_to_make_it(tmp_path: Path) -> None:
    refused(f"sqlite:///{tmp_path}/no/where/runs.db", rf"mkdir -p '{tmp_path}/no/where'")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    refused(f"sqlite:///{tmp_path}", "is a folder; name a file in it")


def test_a_text_file_is_no_database(url: str, path: Path) -> None:
    path.write_text("dear diary\n" * 200)
    refused(url, "is not a SQLite database; name another file")
    assert path.read_text().startswith("dear diary")


def test_the_database_of_another_program_is_left_alone(url: str, path: Path) -> None:
    changed(path, "CREATE TABLE runs (experiment TEXT)")
    before = path.read_bytes()
    refused(url, "the database of another program; name another file")
    assert path.read_bytes() == before


def test_without_create_tables_a_database_must_be_there(url: str, path: Path) -> None:
    with pytest.raises(StoreError, match="create_tables=True"):
        SqliteWorkflowStore(url, create_tables=False)
    assert not path.exists()
    path.touch()
    with pytest.raises(StoreError, match="create_tables=True"):
        SqliteWorkflowStore(url, create_tables=False)
    kept(url)
    store = SqliteWorkflowStore(url, create_tables=False)
    assert store.retrieve("kept").id == "kept"
    store.close()


def test_a_newer_database_is_refused(url: str, path: Path) -> None:
    kept(url)
    changed(path, "INSERT INTO migrations VALUES (9999, 'from_the_future', 'x')")
    refused(url, "made by a newer Stageline .*step 9999 'from_the_future'.*upgrade")


def test_a_changed_history_is_refused(url: str, path: Path) -> None:
    kept(url)
    changed(path, "UPDATE migrations SET checksum = 'x'")
    refused(url, "migration 1 'initial' is not the one that this Stageline ships")


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_an_old_database_is_migrated_and_a_failing_migration_leaves_it_old(url: str, path: Path) -> None:
    kept(url)
    good = Migration(9001, "good", "ALTER TABLE runs ADD COLUMN note TEXT; CREATE TABLE extra (a TEXT)")
    bad = Migration(9002, "bad", "CREATE TABLE more (a TEXT); CREATE TABLE extra (a TEXT)")
    connection = opened(path)
    with pytest.raises(sqlite3.OperationalError, match="extra already exists"):
        migrate(connection, "it", True, [*shipped(), good, bad])
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert not names & {"extra", "more"}
    assert not connection.in_transaction

    migrate(connection, "it", True, [*shipped(), good])
    assert connection.execute("SELECT id, note FROM runs").fetchall() == [("kept", None)]
    numbers = [number for (number,) in connection.execute("SELECT number FROM migrations")]
    assert numbers == [*(step.number for step in shipped()), 9001]
    with pytest.raises(StoreError, match="create_tables=True"):
        migrate(connection, "it", False, [*shipped(), good, bad])
    connection.close()


def test_processes_may_make_the_database_all_at_once(url: str) -> None:
    processes = [another_process("open", url) for _ in range(6)]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert said == [f"{url}\n"] * 6
    assert [process.returncode for process in processes] == [0] * 6


def test_a_damaged_page_is_told_as_damage(url: str, path: Path) -> None:
    store = SqliteWorkflowStore(url)
    for number in range(50):
        store.store(a_run(f"run-{number}", name="x" * 2000))
    store.close()
    half = path.stat().st_size // 8192 * 4096
    with path.open("r+b") as file:
        file.seek(half)
        file.write(b"\xde\xad\xbe\xef" * (half // 4))
    store = SqliteWorkflowStore(url)
    with pytest.raises(StoreError, match=r"is damaged; restore it from a backup.*SQLITE_CORRUPT"):
        store.list_runs()
    store.close()


def test_a_lock_held_for_too_long_is_told_and_passes(url: str, path: Path) -> None:
    store = SqliteWorkflowStore(f"{url}?timeout=0.2")
    started(store)
    other = opened(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"is locked: another process has kept it for longer than 0.2 s.*\?timeout="):
        store.push("run", PauseWorkflow(), NOW)
    assert store.retrieve("run").id == "run"
    other.execute("ROLLBACK")
    store.push("run", PauseWorkflow(), NOW)
    other.close()
    store.close()


def test_a_database_locked_by_another_program_cannot_be_opened(url: str, path: Path) -> None:
    kept(url)
    other = opened(path)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE runs SET name = name")
    other.execute("COMMIT")
    refused(f"{url}?timeout=0.2", "is locked: another process")
    other.close()
    kept(url, "another")


def test_a_database_that_may_not_grow_is_full_and_goes_on_when_it_may(path: Path, url: str) -> None:
    database = SqliteDatabase(SqliteAddress(url, path), True)
    (pages,) = database.connection.execute("PRAGMA page_count").fetchone()
    database.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    store = SqliteWorkflowStore(url)
    with pytest.raises(StoreError, match="the disk is full; free some space"), database.write() as tx:
        tx.many("add_run", [(f"run-{number}", "x" * 1000, "", "{}", "{}") for number in range(100)])
    assert store.list_runs() == []
    store.store(a_run("by another connection"))
    database.connection.execute(f"PRAGMA max_page_count = {pages + 2000}")
    with database.write() as tx:
        tx.run("add_run", "more", "x" * 9000, "", "{}", "{}")
    assert [row.id for row in store.list_runs()] == ["more", "by another connection"]
    store.close()
    database.close()


def test_an_error_inside_a_transaction_rolls_it_back(path: Path, url: str) -> None:
    database = SqliteDatabase(SqliteAddress(url, path), True)
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        tx.run("add_run", "run", "name", "", "{}", str(1 // tx.changed("add_run", "1st", "", "", "{}", "{}") // 0))
    assert database.query("newest_ids") == []
    with database.write() as tx:
        tx.run("add_run", "run", "name", "", "{}", "{}")
    database.close()


def test_a_file_removed_under_a_processor_is_noticed(url: str, path: Path) -> None:
    store = SqliteWorkflowStore(url)
    me = joined(store)
    assert store.beat(me.id, NOW, LATER) == 0
    path.unlink()
    with pytest.raises(StoreError, match="was removed or replaced while in use"):
        store.beat(me.id, NOW, LATER)
    path.touch()
    with pytest.raises(StoreError, match="was removed or replaced while in use"):
        store.beat(me.id, NOW, LATER)
    store.close()


def test_a_closed_store_says_so(url: str) -> None:
    store = SqliteWorkflowStore(url)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.list_runs()


@pytest.fixture
def memory() -> Iterator[list[SqliteWorkflowStore]]:
    stores: list[SqliteWorkflowStore] = []
    yield stores
    for store in stores:
        store.close()


def test_in_memory_all_stores_are_one_as_long_as_there_is_one(memory: list[SqliteWorkflowStore]) -> None:
    url = "sqlite:///:memory:"
    memory += [SqliteWorkflowStore(url), SqliteWorkflowStore(url)]
    memory[0].store(a_run("run"))
    memory[0].close()
    assert memory[1].retrieve("run").id == "run"
    with pytest.raises(StoreError, match="is closed"):
        memory[0].retrieve("run")
    memory[1].close()
    memory.append(SqliteWorkflowStore(url))
    assert memory[2].list_runs() == []
