"""What the SQL stores need of a database: named statements in transactions, and a bell for each processor.

A transaction is written or not as a whole. Bells ring after what they announce can be read.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import msgspec

Row = tuple[Any, ...]

EVERYONE = "*"


class Held(NamedTuple):
    """A run, locked until the transaction's end, and who owns it under which number."""

    key: int
    owner: str | None
    fence: int


def json_texts(texts: Iterable[str]) -> str:
    """A list of texts as one parameter of a statement."""
    return msgspec.json.encode(list(texts)).decode()


class Transaction(Protocol):
    """Statements by name, seen by others all at once or not at all."""

    def rows(self, name: str, *params: object) -> list[Row]:
        """What a query gives."""

    def run(self, name: str, *params: object) -> None:
        """Execute; an error may show up only at the transaction's end."""

    def many(self, name: str, rows: Sequence[Row]) -> None:
        """Execute once for each row."""

    def changed(self, name: str, *params: object) -> int:
        """Execute, and tell how many rows that changed."""

    def lock(self, runs: Collection[str]) -> dict[str, Held]:
        """The runs of these ids that there are; nobody else changes them until the transaction's end."""

    def ring(self, peers: Collection[str]) -> None:
        """After the commit, ring these processors' bells, or all for EVERYONE."""


class Database(Protocol):
    """A place for tables. Safe to use from several threads; foreign errors leave as StoreError."""

    @property
    def ahead(self) -> int:
        """How far the clock that all users of this database share is ahead of ours, in microseconds."""

    def query(self, name: str, *params: object) -> list[Row]:
        """What one statement gives, outside of any transaction."""

    def read(self) -> AbstractContextManager[Transaction]:
        """Several queries that see the same state."""

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction that changes something."""

    def check(self) -> None:
        """Raise StoreError when what is written may no longer arrive where others look for it."""

    def close(self) -> None:
        """Let go of it."""


class Bells(Protocol):
    """How sleeping processors are woken. A ring is never lost: it ends the present wait, or the next."""

    def hang(self, peer: str) -> str:
        """Make a bell for a processor of this process; the address by which others ring it."""

    def wait(self, peer: str, timeout: float) -> bool:
        """Sleep until it rings; False when `timeout` seconds have passed before that."""

    def ring(self, peer: str) -> None:
        """Ring a bell of this process."""

    def drop(self, peer: str) -> None:
        """The processor has left."""

    def close(self) -> None:
        """Drop all bells."""
