"""SQL is data: named statements in one file, and what the two databases say differently as a table of words."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

Dialect = Mapping[str, str]

SQLITE: Dialect = {
    "{serial}": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "{compact}": "WITHOUT ROWID",
    "{for_share}": "",
    "{for_update}": "",
    "{skip_locked}": "",
    "{skip_locked_offers}": "",
    "{each}": "SELECT value FROM json_each(?)",
    "?": "?",
}

POSTGRES: Dialect = {
    "{serial}": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "{compact}": "",
    "{for_share}": "FOR SHARE",
    "{for_update}": "FOR UPDATE",
    "{skip_locked}": "FOR UPDATE SKIP LOCKED",
    "{skip_locked_offers}": "FOR UPDATE OF o SKIP LOCKED",
    "{each}": "SELECT json_array_elements_text(CAST(? AS json))",
    "?": "%s",
}

_NAME = "-- name: "


def in_dialect(text: str, dialect: Dialect) -> str:
    """SQL with the words in braces, and the placeholders, as one database wants them."""
    for word, said in dialect.items():
        text = text.replace(word, said)
    return text


def parse(text: str) -> dict[str, str]:
    """The statements of a file by their names: each begins after a line `-- name: x`."""
    statements = {}
    for part in text.split(_NAME)[1:]:
        name, _, body = part.partition("\n")
        statements[name.strip()] = " ".join(body.split())
    return statements


@cache
def _shipped() -> dict[str, str]:
    return parse((files(__package__) / "sql" / "statements.sql").read_text(encoding="utf-8"))


def statements(dialect: Dialect) -> dict[str, str]:
    """All statements of the stores in one dialect."""
    return {name: in_dialect(text, dialect) for name, text in _shipped().items()}
