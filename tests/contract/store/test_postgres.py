"""What PostgreSQL may do to its clients: end connections, hold locks, be away. Each gets its own clear error."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stageline.engine.messages import PauseWorkflow
from stageline.errors import DocumentError, MissingDependency, StoreError, StoreUncertain
from stageline.store.address import parse_postgres
from stageline.store.database import Transaction
from stageline.store.files import Files
from stageline.store.migrations import Migration, shipped
from stageline.store.postgres import PostgresWorkflowStore
from stageline.store.postgres_bells import PostgresBells
from stageline.store.postgres_connection import clock_difference, connect, migrate
from stageline.store.postgres_database import PostgresDatabase
from stageline.store.sqlstore import SqlStore
from tests.contract.store.world import (
    LATER,
    NOW,
    SECOND,
    a_run,
    another_process,
    change,
    claimed,
    done,
    free,
    joined,
    stage,
    started,
)

KILL_OTHERS = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE application_name = 'stageline' AND datname = current_database() AND pid <> pg_backend_pid()"""
HOUR = 3600 * SECOND

Admin = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def url(fresh_postgres_url: str) -> str:
    return fresh_postgres_url


@pytest.fixture
def admin(url: str) -> Iterator[Admin]:
    """A session beside the store's."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def store(url: str) -> Iterator[PostgresWorkflowStore]:
    made = PostgresWorkflowStore(url)
    yield made
    made.close()


def with_option(url: str, option: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{option}"


def test_everything_is_in_a_schema_of_its_own(store: PostgresWorkflowStore, admin: Admin) -> None:
    rows = admin.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('runs', 'migrations')")
    assert rows.fetchall() == [("stageline",)]


def test_a_connection_lost_while_idle_costs_one_call(store: PostgresWorkflowStore, admin: Admin) -> None:
    store.store(a_run("run"))
    admin.execute(KILL_OTHERS)
    with pytest.raises(StoreError, match="connection"):
        store.retrieve("run")
    assert store.retrieve("run").id == "run"
    store.push("run", PauseWorkflow(), NOW)


def test_a_restarted_server_costs_one_call_however_many_connections_were_idle(url: str, admin: Admin) -> None:
    database = PostgresDatabase(parse_postgres(url), True)
    with database.read(), database.read(), database.read():
        pass
    admin.execute(KILL_OTHERS)
    with pytest.raises(StoreError, match="connects anew"):
        database.query("newest_ids")
    with database.read(), database.read(), database.read():
        pass
    database.close()


def cut_off(tx: Transaction, admin: Admin) -> None:
    assert tx.changed("add_run", "run", "name", "", "{}", "{}") == 1
    admin.execute(KILL_OTHERS)
    tx.rows("key_of_run", "run")


def test_a_connection_lost_in_a_transaction_writes_nothing(url: str, admin: Admin) -> None:
    database = PostgresDatabase(parse_postgres(url), True)
    with pytest.raises(StoreError, match="nothing was written") as caught, database.write() as tx:
        cut_off(tx, admin)
    assert not isinstance(caught.value, StoreUncertain)
    assert database.query("newest_ids") == []
    database.close()


def test_a_connection_lost_during_the_commit_leaves_it_uncertain(store: PostgresWorkflowStore, admin: Admin) -> None:
    me = joined(store)
    claim = claimed(store, me)
    admin.execute("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
                  "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$")  # fmt: skip
    admin.execute("CREATE CONSTRAINT TRIGGER die AFTER UPDATE ON stageline.runs DEFERRABLE INITIALLY DEFERRED "
                  "FOR EACH ROW EXECUTE FUNCTION die()")  # fmt: skip
    with pytest.raises(StoreUncertain, match="read again"):
        store.commit(me.id, [change(claim, stages=[(0, done())])], NOW)
    admin.execute("DROP TRIGGER die ON stageline.runs")
    assert store.commit(me.id, [change(claim, stages=[(0, done())])], NOW) == frozenset()


def test_a_lost_bell_counts_as_a_ring_and_is_hung_again(store: PostgresWorkflowStore, admin: Admin) -> None:
    me = joined(store)
    store.store(a_run("run"))
    while store.wait(me.id, 0.05):
        pass
    admin.execute(KILL_OTHERS)
    assert store.wait(me.id, 60)
    while store.wait(me.id, 0.05):
        pass
    with pytest.raises(StoreError):
        store.push("run", PauseWorkflow(), NOW)
    store.push("run", PauseWorkflow(), NOW)
    assert store.wait(me.id, 60)


def test_a_lock_held_for_too_long_is_told_and_passes(url: str, store: PostgresWorkflowStore) -> None:
    started(store)
    hasty = PostgresWorkflowStore(with_option(url, "timeout=0.2"))
    with psycopg.connect(url) as other:
        other.execute("SELECT 1 FROM stageline.runs FOR UPDATE")
        with pytest.raises(StoreError, match="another session has kept a lock for too long"):
            hasty.push("run", PauseWorkflow(), NOW)
        assert hasty.claim(joined(hasty).id, NOW, 1) == []
        other.rollback()
    hasty.push("run", PauseWorkflow(), NOW)
    hasty.close()


def test_a_large_run_is_read_in_no_time_even_before_the_planner_knows_of_it(
    store: PostgresWorkflowStore, admin: Admin
) -> None:
    me = joined(store)
    small = claimed(store, me, "small")
    store.commit(me.id, [change(small, stages=[(0, done()), (1, done())])], NOW)
    admin.execute("ANALYZE stageline.stages, stageline.records, stageline.runs")
    started(store, "large", [stage(f"s{number}") for number in range(20_000)])
    (large,) = store.claim(me.id, NOW, 1)
    store.commit(me.id, [change(large, stages=[(number, done(n=number)) for number in range(20_000)])], NOW)
    began = time.monotonic()
    assert store.load("large").workflow.stages[-1].outputs == {"n": 19_999}
    assert time.monotonic() - began < 5


def test_a_newer_database_and_a_changed_history_are_refused(
    url: str, store: PostgresWorkflowStore, admin: Admin
) -> None:
    admin.execute("INSERT INTO stageline.migrations VALUES (9999, 'from_the_future', 'x')")
    with pytest.raises(StoreError, match="made by a newer Stageline"):
        PostgresWorkflowStore(url)
    admin.execute("DELETE FROM stageline.migrations WHERE number = 9999")
    admin.execute("UPDATE stageline.migrations SET checksum = 'x'")
    with pytest.raises(StoreError, match="migration 1 'initial' is not the one"):
        PostgresWorkflowStore(url)


def test_without_create_tables_they_must_be_there(url: str) -> None:
    with pytest.raises(StoreError, match="create_tables=True"):
        PostgresWorkflowStore(url, create_tables=False)
    PostgresWorkflowStore(url).close()
    PostgresWorkflowStore(url, create_tables=False).close()


def test_a_failing_migration_leaves_the_database_old(url: str, store: PostgresWorkflowStore, admin: Admin) -> None:
    started(store)
    good = Migration(9001, "good", "ALTER TABLE runs ADD COLUMN note TEXT")
    bad = Migration(9002, "bad", "CREATE TABLE more (a TEXT); CREATE TABLE runs (a TEXT)")
    connection = connect(parse_postgres(url))
    with pytest.raises(psycopg.errors.DuplicateTable):
        migrate(connection, "it", True, [*shipped(), good, bad])
    assert admin.execute("SELECT count(*) FROM stageline.migrations").fetchone() == (len(shipped()),)
    migrate(connection, "it", True, [*shipped(), good])
    assert admin.execute("SELECT id, note FROM stageline.runs").fetchall() == [("run", None)]
    connection.close()


def test_processes_may_make_the_tables_all_at_once(url: str) -> None:
    processes = [another_process("open", url) for _ in range(4)]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0] * 4


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://me:secret@127.0.0.1:1/d", "cannot be reached"),
        ("postgresql://me:secret@no-such-host.invalid/d", "cannot be reached"),
    ],
)
def test_a_server_that_is_not_there_is_told(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        PostgresWorkflowStore(url)
    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_there_is_told_with_how_to_make_it(url: str, admin: Admin) -> None:
    name = admin.info.dbname
    with pytest.raises(StoreError, match="createdb NAME"):
        PostgresWorkflowStore(url.replace(name, "no_such_database"))


def test_an_unknown_option_is_the_callers_mistake(url: str) -> None:
    with pytest.raises(DocumentError, match="timeuot"):
        PostgresWorkflowStore(with_option(url, "timeuot=3"))


def test_without_psycopg_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith(("psycopg", "stageline.store.postgres_")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependency, match=r"pip install 'stageline\[postgres\]'"):
        PostgresWorkflowStore("postgresql://127.0.0.1:1/d")


def test_the_password_is_not_in_the_url_that_is_shown(url: str) -> None:
    store = PostgresWorkflowStore(with_option(url, "password=secret"))
    assert "secret" not in store.url
    store.close()


def test_clocks_that_agree_are_taken_as_equal_and_others_are_measured(url: str) -> None:
    connection = connect(parse_postgres(url))
    assert clock_difference(connection, 0) == 0
    assert abs(clock_difference(connection, HOUR)) < SECOND
    connection.close()


def test_a_machine_whose_clock_is_an_hour_behind_keeps_its_lease(url: str, tmp_path: Path) -> None:
    address = parse_postgres(url)
    databases = [PostgresDatabase(address, True), PostgresDatabase(address, True)]
    behind, right = (SqlStore(url, database, PostgresBells(address), Files(tmp_path)) for database in databases)
    databases[0].ahead = HOUR
    slow, other = joined(behind, lease_until=NOW - HOUR + SECOND), joined(right)
    claim = claimed(behind, slow)
    assert right.beat(other.id, NOW, LATER) == 1
    free(behind, slow, claim, ready_at=NOW - HOUR + 5 * SECOND)
    assert right.pending(NOW) == 5 * SECOND
    assert behind.pending(NOW - HOUR) == 5 * SECOND
    assert right.claim(other.id, NOW + 4 * SECOND, 1) == []
    assert len(right.claim(other.id, NOW + 5 * SECOND, 1)) == 1
    assert right.beat(other.id, NOW + SECOND, LATER) == 0
    for store in (behind, right):
        store.close()
