"""SQL is read as data, and both databases are told the same in their own words."""

import pytest

from stageline.errors import StoreError
from stageline.store.migrations import Migration, missing, shipped
from stageline.store.statements import POSTGRES, SQLITE, parse, statements

KNOWN = [Migration(1, "first", "CREATE TABLE a (b TEXT)"), Migration(2, "second", "CREATE TABLE c (d TEXT)")]
APPLIED = [(step.number, step.name, step.checksum) for step in KNOWN]


def test_a_file_is_split_at_its_names() -> None:
    text = "-- about\n-- name: one\nSELECT 1\n  FROM a\n\n-- name: two\nSELECT ?\n"
    assert parse(text) == {"one": "SELECT 1 FROM a", "two": "SELECT ?"}


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
def test_no_statement_is_left_half_translated(dialect: dict[str, str]) -> None:
    said = statements(dialect)
    assert all("{" not in text for text in said.values())
    assert ("?" in "".join(said.values())) == (dialect is SQLITE)


def test_both_dialects_have_the_same_statements() -> None:
    assert statements(SQLITE).keys() == statements(POSTGRES).keys()


def test_the_shipped_migrations_are_numbered_without_gaps() -> None:
    assert [step.number for step in shipped()] == list(range(1, len(shipped()) + 1))


def test_a_migration_is_split_into_its_statements() -> None:
    step = Migration(1, "x", "-- why; because\nCREATE TABLE a (\n  b TEXT\n);\n\nCREATE INDEX i ON a (b)\n")
    assert step.statements() == ["CREATE TABLE a (\n  b TEXT\n)", "CREATE INDEX i ON a (b)"]


@pytest.mark.parametrize("done", [0, 1, 2])
def test_what_was_not_applied_is_missing(done: int) -> None:
    assert missing(APPLIED[:done], KNOWN, "it") == KNOWN[done:]


def test_a_newer_database_is_refused() -> None:
    with pytest.raises(StoreError, match=r"it was made by a newer Stageline \(it has step 3 'third'.*upgrade"):
        missing([*APPLIED, (3, "third", "x")], KNOWN, "it")


def test_another_history_is_refused() -> None:
    with pytest.raises(StoreError, match="migration 1 'first' is not the one"):
        missing([(1, "first", "changed"), APPLIED[1]], KNOWN, "it")
