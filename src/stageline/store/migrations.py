"""How an old database becomes a new one: numbered files, each applied once, known by their checksums.

All that is missing is applied in one transaction, so a failure leaves the database as it was. A database from a newer
Stageline, or one whose history differs from ours, is refused.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

from stageline.errors import StoreError

TABLE = """CREATE TABLE IF NOT EXISTS migrations (
    number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
)"""


class Migration(msgspec.Struct, frozen=True):
    """One step, and the SQL that takes it."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self) -> list[str]:
        """Its SQL, statement by statement."""
        lines = [line for line in self.sql.splitlines() if not line.lstrip().startswith("--")]
        return [text.strip() for text in "\n".join(lines).split(";") if text.strip()]


@cache
def shipped() -> tuple[Migration, ...]:
    """The steps that this Stageline knows, in order."""
    found = []
    for file in (files(__package__) / "sql" / "migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        if file.name.endswith(".sql"):
            found.append(Migration(int(number), name, file.read_text(encoding="utf-8")))
    return tuple(sorted(found, key=lambda step: step.number))


def missing(applied: Sequence[tuple[int, str, str]], known: Sequence[Migration], where: str) -> list[Migration]:
    """The steps yet to take, given what the table `migrations` says; StoreError when its history is not ours."""
    by_number = {step.number: step for step in known}
    for number, name, checksum in applied:
        step = by_number.get(number)
        if step is None and number > max(by_number, default=0):
            raise StoreError(
                f"{where} was made by a newer Stageline (it has step {number} '{name}', this one knows up to "
                f"{max(by_number, default=0)}); upgrade: pip install --upgrade stageline"
            )
        if step is None or step.checksum != checksum:
            raise StoreError(
                f"{where}: migration {number} '{name}' is not the one that this Stageline ships: its history was "
                "changed, or it belongs to another program; use another database, or restore this one from a backup"
            )
    done = {number for number, _, _ in applied}
    return [step for step in known if step.number not in done]


def no_tables(where: str) -> StoreError:
    """The error for a database that may not be changed, but would have to be."""
    return StoreError(
        f"{where} lacks tables that this Stageline needs; open it once with create_tables=True to make them"
    )
