"""Databases that are full, locked, damaged, foreign, newer or out of reach: said in words, and nothing is lost."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from stageline import (
    ConfigError,
    DocumentError,
    MissingDependency,
    Orchestrator,
    PostgresQueue,
    PostgresWorkflowStore,
    QueueProcessor,
    SqliteQueue,
    SqliteWorkflowStore,
    StageExecution,
    StartWorkflowHandler,
    StoreError,
    TaskRegistry,
    Workflow,
    WorkflowStatus,
    open_store,
    run,
)
from stageline.engine.clock import utc_now
from stageline.engine.messages import StartWorkflow
from stageline.engine.ports import Store
from tests.not_run import not_run

SUCCEEDED = WorkflowStatus.SUCCEEDED
PIECE = 200_000


def chain(length: int, type: str = "noop", id: str = "") -> Workflow:
    """Each stage needs the one before."""
    needs: list[list[str]] = [[], *([f"s{n}"] for n in range(length - 1))]
    stages = [StageExecution(ref_id=f"s{n}", type=type, requisite_stage_ref_ids=need) for n, need in enumerate(needs)]
    return Workflow.create("chain", stages, id=id)


def assert_says(error: pytest.ExceptionInfo[ConfigError], *words: str) -> None:
    assert all(word in str(error.value) for word in words), error.value


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[str], None]]:
    """A disk of this size at `folder`; what is handed out changes its options."""
    if os.geteuid() != 0:
        not_run("only root can mount a small disk")

    def mount(options: str) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            not_run(f"no small disk can be mounted here: {done.stderr.strip()}")

    folder.mkdir()
    mount(f"size={kilobytes}k")
    try:
        yield lambda options: mount(f"remount,{options}")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def pieces() -> TaskRegistry:
    """Tasks that put out much."""
    tasks = TaskRegistry()
    tasks.register("piece", lambda: {"text": "x" * PIECE})
    return tasks


def start(store: Store, workflow: Workflow) -> None:
    store.store(workflow)
    store.push(workflow.id, StartWorkflow(), utc_now())


def test_a_run_that_fills_the_disk_goes_on_when_there_is_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    workflow = chain(20, "piece")
    with (
        small_disk(disk, 3_000) as change,
        closing(open_store(f"sqlite:///{disk}/runs.db", files=tmp_path / "files")) as store,
        QueueProcessor(store=store, registry=pieces()) as processor,
    ):
        start(store, workflow)
        with pytest.raises(StoreError) as caught:
            processor.process_all(30)
        assert_says(caught, f"{disk}/runs.db", "the disk is full", "free some space", "intact")
        kept = store.retrieve(workflow.id)
        assert kept.status is WorkflowStatus.RUNNING
        assert sum(stage.status is SUCCEEDED for stage in kept.stages) >= 3
        change("size=30000k")
        assert processor.process_all(30)
        result = store.retrieve(workflow.id)
    assert result.status is SUCCEEDED
    assert all(len(stage.outputs["text"]) == PIECE for stage in result.stages)


def test_a_full_disk_for_files_fails_the_stage_in_words(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    shell = StageExecution(ref_id="shell", type="shell", context={"command": "head -c 5000000 /dev/zero"})
    large = StageExecution(ref_id="large", type="large")
    with small_disk(disk, 1_000), closing(open_store(f"{tmp_path}/runs.db", files=disk / "files")) as store:
        for stage in (shell, large):
            result = run(Workflow.create("full", [stage]), store, {"large": lambda: {"text": "x" * 2_000_000}})
            assert result.status is WorkflowStatus.FAILED
            failure = result.stage(stage.ref_id).failure
            assert failure is not None
            assert "disk is full" in str(failure) or "No space left on device" in str(failure)
            assert str(disk) in str(failure)


def test_a_full_disk_says_so_when_a_run_is_stored(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, 600), closing(open_store(f"sqlite:///{disk}/runs.db")) as store:
        with pytest.raises(StoreError) as caught:
            store.store(chain(20_000))
        assert_says(caught, f"{disk}/runs.db", "the disk is full")
        assert store.list_runs() == []


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with an ended run `old`."""
    path = tmp_path / "runs.db"
    run(chain(300, id="old"), str(path))
    return path


def test_a_damaged_database_is_refused_and_not_touched(database: Path) -> None:
    content = bytearray(database.read_bytes())
    content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
    database.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        run(chain(3), str(database))
    assert_says(caught, str(database), "is damaged", "restore it from a backup", ".recover")
    assert database.read_bytes() == content


def test_a_damaged_page_is_said_when_it_is_read(database: Path) -> None:
    content = bytearray(database.read_bytes())
    place = content.index(b'"ref_id":"s150"')
    content[place - place % 4096 : place - place % 4096 + 4096] = b"\xff" * 4096
    database.write_bytes(content)
    with pytest.raises(StoreError) as caught, closing(open_store(str(database))) as store:
        store.retrieve("old")
    assert_says(caught, str(database), "is damaged")


def test_a_text_that_was_changed_by_hand_is_shown(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE records SET record = '{broken' WHERE seq = 7")
    with pytest.raises(StoreError) as caught, closing(open_store(str(database))) as store:
        store.retrieve("old")
    assert_says(caught, "{broken", "cannot read", "restore it from a backup")


def test_a_file_that_is_no_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("These are my notes.\n" * 1000)
    with pytest.raises(StoreError) as caught:
        run(chain(3), str(path))
    assert_says(caught, str(path), "is not a SQLite database; name another file")
    assert path.read_text().startswith("These are my notes.")


def test_the_database_of_another_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE runs (mine)")
    with pytest.raises(StoreError) as caught:
        open_store(str(path))
    assert_says(caught, str(path), "another program", "name another file")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("runs",)]


def test_the_database_of_a_newer_stageline_is_refused(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO migrations VALUES (9999, 'from_the_future', 'x')")
    with pytest.raises(StoreError) as caught:
        open_store(str(database))
    assert_says(caught, str(database), "newer Stageline", "from_the_future", "upgrade: pip install --upgrade stageline")


def test_a_newer_server_database_is_refused(fresh_postgres_url: str) -> None:
    import psycopg

    PostgresWorkflowStore(fresh_postgres_url).close()
    with psycopg.connect(fresh_postgres_url) as server:
        server.execute("INSERT INTO stageline.migrations VALUES (9999, 'from_the_future', 'x')")
    with pytest.raises(StoreError) as caught:
        open_store(fresh_postgres_url)
    assert_says(caught, "newer Stageline", "from_the_future", "upgrade: pip install --upgrade stageline")


def test_a_run_goes_on_when_a_lock_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"

    def lock() -> dict[str, str]:
        other.execute("BEGIN IMMEDIATE")
        return {"text": "locked"}

    after = StageExecution(ref_id="after", type="noop", requisite_stage_ref_ids=["lock"])
    workflow = Workflow.create("locking", [StageExecution(ref_id="lock", type="lock"), after])
    tasks = TaskRegistry()
    tasks.register("lock", lock)
    with (
        closing(open_store(f"sqlite:///{path}?timeout=0.2")) as store,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other,
        QueueProcessor(store=store, registry=tasks) as processor,
    ):
        start(store, workflow)
        with pytest.raises(StoreError) as caught:
            processor.process_all(10)
        assert_says(caught, str(path), "is locked", "0.2 s", "end that process", "?timeout=SECONDS")
        assert store.retrieve(workflow.id).stage("lock").status is WorkflowStatus.RUNNING
        other.execute("ROLLBACK")
        assert processor.process_all(10)
        result = store.retrieve(workflow.id)
    assert result.status is SUCCEEDED
    assert result.stage("lock").record.execution == 1


def test_a_database_in_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, 1_000) as change:
        run(chain(3), f"{disk}/runs.db")
        change("ro")
        for name in ("runs.db", "new.db"):
            with pytest.raises(StoreError) as caught:
                open_store(f"{disk}/{name}")
            assert_says(caught, f"{disk}/{name}", "cannot be opened for writing", "Read-only file system", "folder")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("missing/runs.db", ["there is no folder", "mkdir -p"]),
        (".", ["is a folder", "name a file in it"]),
    ],
)
def test_a_place_where_no_database_can_be_is_refused(tmp_path: Path, place: str, words: list[str]) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{tmp_path}/{place}")
    assert_says(caught, str(tmp_path), *words)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqllite:///runs.db", ["'sqllite:///runs.db' names no store", "did you mean 'sqlite'?"]),
        ("sqlite://runs.db", ["three slashes", "sqlite:///runs.db"]),
        ("sqlite:///runs.db?timeout=soon", ["timeout is a number of seconds", "'soon'"]),
        ("sqlite:///runs.db?tiemout=3", ["no option 'tiemout'", "did you mean 'timeout'?"]),
        ("mysql://u:secret@host/db", ["names no store", "postgresql://user@host/database"]),
    ],
)
def test_a_url_that_names_no_store_is_refused(url: str, words: list[str]) -> None:
    with pytest.raises(DocumentError) as caught:
        open_store(url)
    assert_says(caught, *words)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_said_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://me:secret@/db?host={tmp_path}")
    assert_says(caught, "cannot be reached", "see that the server runs")
    assert "secret" not in str(caught.value)


def test_a_queue_and_a_store_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    with (
        closing(SqliteQueue(f"sqlite:///{tmp_path}/one.db")) as queue,
        closing(SqliteWorkflowStore(f"sqlite:///{tmp_path}/two.db")) as store,
    ):
        for mix in (
            lambda: StartWorkflowHandler(queue, store),
            lambda: QueueProcessor(queue, store=store),
            lambda: Orchestrator(queue, store=store),
            lambda: QueueProcessor(queue).register_handler(StartWorkflowHandler(store=store)),
        ):
            with pytest.raises(DocumentError) as caught:
                mix()
            assert_says(caught, "one.db", "two.db", "give both the same URL")


@pytest.mark.parametrize("queue", [SqliteQueue, PostgresQueue])
def test_a_queue_in_another_table_is_refused(queue: Callable[..., object]) -> None:
    with pytest.raises(DocumentError) as caught:
        queue("sqlite:///:memory:", table_name="my_messages")
    assert_says(caught, "queue_messages", "leave out table_name='my_messages'")


def test_errors_end_a_command_with_the_right_code() -> None:
    assert (DocumentError.exit_code, StoreError.exit_code, MissingDependency.exit_code) == (2, 3, 3)
