"""What PostgreSQL's errors mean to the one who meets them: the thing, the place, and what to do next."""

import psycopg

from stageline.errors import StoreError, StoreUncertain

_ADVICE = {
    "08": "the connection was lost, and nothing was written; the next call connects anew",
    "57": "the server ended the connection, and nothing was written; the next call connects anew",
    "3D": "there is no such database; make it: createdb NAME",
    "28": "the server does not let this user in; see the URL's user, its password and pg_hba.conf",
    "42501": "this user lacks a right; grant it CREATE on the database, or let its owner open it once",
    "42": "it lacks tables that Stageline needs; open it once with create_tables=True to make them",
    "53100": "the server's disk is full; free some space and go on (what was committed before is intact)",
    "53300": "the server has no more connections; raise max_connections, or end other clients",
    "55P03": "another session has kept a lock for too long; see pg_stat_activity, or wait longer with ?timeout=SECONDS",
    "40": "two transactions stood in each other's way; nothing was written, try again",
    "25006": "it is read-only (a standby?); name the primary server",
    "22": "it was handed a value that it cannot hold",
    "XX": "it is damaged; restore it from a backup",
}
_WORDS = {
    "authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    "role ": "28",
    "database ": "3D",
    "too many": "53300",
    "remaining connection slots": "53300",
}
_UNREACHABLE = "it cannot be reached; see that the server runs, and the URL's host and port"


def translated(error: psycopg.Error, where: str) -> StoreError:
    """A StoreError that says what `error` means for the database at `where`."""
    state = error.sqlstate or ("08" if isinstance(error, psycopg.OperationalError) else "")
    advice = next((_ADVICE[code] for code in (state, state[:2]) if code in _ADVICE), "it cannot be used")
    return StoreError(f"{where}: {advice} {_quoted(error)}")


def not_connected(error: psycopg.Error, where: str) -> StoreError:
    """The error for a connection that could not be made: libpq hands on the server's words, without their code."""
    text = str(error)
    code = next((code for words, code in _WORDS.items() if words in text), "")
    return StoreError(f"{where}: {_ADVICE.get(code, _UNREACHABLE)} {_quoted(error)}")


def _quoted(error: psycopg.Error) -> str:
    return f"[{error.sqlstate or type(error).__name__}: {' '.join(str(error).split())}]"


def uncertain(error: psycopg.Error, where: str) -> StoreUncertain:
    """The error for a connection that was lost while the server was asked to commit."""
    return StoreUncertain(
        f"{where}: the connection was lost during a commit, which may have been written or not; read again what was "
        f"changed {_quoted(error)}"
    )
