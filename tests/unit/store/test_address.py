"""A store's URL says where it is; a wrong one gets an error that says what would be right."""

from pathlib import Path

import pytest

from stageline.errors import DocumentError
from stageline.store.address import (
    SqliteAddress,
    parse_postgres,
    parse_sqlite,
    scheme_of,
    sqlite_url,
    without_password,
)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///runs.db", Path.cwd() / "runs.db"),
        ("sqlite:///a/b.db", Path.cwd() / "a" / "b.db"),
        ("sqlite:////var/lib/runs.db", Path("/var/lib/runs.db")),
        ("sqlite:////tmp/two words.db", Path("/tmp/two words.db")),
        ("sqlite:////tmp/two%20words%3F.db", Path("/tmp/two words?.db")),
        ("sqlite:////tmp/50%.db", Path("/tmp/50%.db")),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
    ],
)
def test_a_sqlite_url_names_a_file_or_memory(url: str, path: Path | None) -> None:
    assert parse_sqlite(url).path == path


def test_options_say_how_a_database_is_opened() -> None:
    address = parse_sqlite("sqlite:////tmp/a.db?timeout=2.5&synchronous=FULL")
    assert (address.timeout, address.synchronous) == (2.5, "full")
    assert parse_sqlite("sqlite:///a.db") == SqliteAddress("sqlite:///a.db", Path.cwd() / "a.db", 10.0, "normal")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///", "names no file"),
        ("sqlite://runs.db", "sqlite:///runs.db"),
        ("sqlite:///a.db?timeuot=1", "did you mean 'timeout'"),
        ("sqlite:///a.db?timeout=soon", "number of seconds, not 'soon'"),
        ("sqlite:///a.db?timeout=-1", "between 0 and"),
        ("sqlite:///a.db?timeout=nan", "between 0 and"),
        ("sqlite:///a.db?synchronous=maybe", "normal, full"),
        ("mysql://a", "not a SQLite URL"),
    ],
)
def test_a_wrong_sqlite_url_is_explained(url: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        parse_sqlite(url)


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("memory", "memory"),
        ("memory:", "memory"),
        ("sqlite:///a.db", "sqlite"),
        ("postgres://h/d", "postgresql"),
        ("postgresql://h/d", "postgresql"),
        ("runs.db", "path"),
        ("/var/lib/runs.sqlite3", "path"),
    ],
)
def test_a_url_names_a_kind_of_store(url: str, scheme: str) -> None:
    assert scheme_of(url) == scheme


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlit:///a", "did you mean 'sqlite'"),
        ("postgressql://h", "did you mean 'postgresql'"),
        ("mysql://me:secret@h/d.db", "names no store"),
        ("runs", "a store is one of"),
        ("", "a store is one of"),
    ],
)
def test_what_names_no_store_is_explained_without_its_password(url: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as caught:
        scheme_of(url)
    assert "secret" not in str(caught.value)


def test_a_path_becomes_a_url_and_comes_back() -> None:
    path = "/tmp/a b?c%20d#e.db"
    assert parse_sqlite(sqlite_url(path)).path == Path(path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host:5433/d", "postgresql://me@host:5433/d"),
        ("postgresql://me:sec@ret@host/d", "postgresql://me@host/d"),
        ("postgresql://host/d?user=me&password=secret&sslmode=require", "postgresql://host/d?user=me&sslmode=require"),
        ("postgresql://me@host/d?connect_timeout=3", "postgresql://me@host/d?connect_timeout=3"),
        ("postgresql://me:secret@[::1/d", "[::1/d"),
    ],
)
def test_a_shown_url_has_no_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_a_postgres_url_keeps_its_password_to_itself() -> None:
    address = parse_postgres("postgres://me:s%40cret@host:5433/my%20db?timeout=3&sslmode=disable")
    assert address.conninfo == "postgresql://me:s%40cret@host:5433/my%20db?sslmode=disable"
    assert (address.database, address.timeout) == ("my db", 3.0)
    assert "cret" not in f"{address.url} {address} {address!r}"


@pytest.mark.parametrize("url", ["mysql://me:secret@h/d", "postgresql://me:secret@[::1/d", "host=h password=secret"])
def test_a_wrong_postgres_url_is_explained_without_its_password(url: str) -> None:
    with pytest.raises(DocumentError, match="postgresql://user@host") as caught:
        parse_postgres(url)
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"
