"""What SQLite's errors mean to the one who meets them: the thing, the place, and what to do next."""

import sqlite3

from stageline.errors import StoreError

_KEPT = "what was committed before is intact"


def _advice(name: str, where: str, timeout: float) -> str:
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return (
            f"{where} is locked: another process has kept it for longer than {timeout:g} s; end that process, "
            "or wait longer with ?timeout=SECONDS in the URL"
        )
    if name == "SQLITE_FULL":
        return f"{where} cannot grow: the disk is full; free some space and go on ({_KEPT})"
    if name.startswith("SQLITE_READONLY"):
        return f"{where} is read-only; make the file and its folder writable for this user"
    if name == "SQLITE_NOTADB":
        return f"{where} is not a SQLite database; name another file"
    if name.startswith("SQLITE_CORRUPT"):
        return f"{where} is damaged; restore it from a backup, or salvage it with: sqlite3 FILE .recover | sqlite3 NEW"
    if name.startswith("SQLITE_CANTOPEN"):
        return f"{where} cannot be opened; see that its folder exists and this user may write there"
    if name == "SQLITE_IOERR_SHMSIZE":
        return f"{where} cannot be opened: the disk is full, or reports an error; free some space and go on ({_KEPT})"
    if name.startswith("SQLITE_IOERR"):
        return f"{where} cannot be read or written: the disk reports an error; look at the disk ({_KEPT})"
    if name == "SQLITE_TOOBIG":
        return f"{where} was handed a value larger than SQLite can hold; put out a file's path instead"
    if name == "SQLITE_ERROR":
        return f"{where} does not have the tables that it should have; restore it from a backup, or name another file"
    return f"{where} cannot be used"


def translated(error: sqlite3.Error, where: str, timeout: float) -> StoreError:
    """A StoreError that says what `error` means for the database at `where`."""
    name = getattr(error, "sqlite_errorname", "") or ""
    return StoreError(f"{_advice(name, where, timeout)} [{name or type(error).__name__}: {error}]")
