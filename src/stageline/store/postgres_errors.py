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
_UNREACHABLE = "it cannot be reached; see that the server runs, and the URL's host and port"


def translated(error: psycopg.Error, where: str) -> StoreError:
    """A StoreError that says what `error` means for the database at `where`."""
    state = error.sqlstate or ""
    known = (state, state[:2]) if state else ()
    advice = next((_ADVICE[code] for code in known if code in _ADVICE), "")
    text = " ".join(str(error).split())
    if not advice and not state and isinstance(error, psycopg.OperationalError):
        advice = _by_text(text)
    return StoreError(f"{where}: {advice or 'it cannot be used'} [{state or type(error).__name__}: {text}]")


def uncertain(error: psycopg.Error, where: str) -> StoreUncertain:
    """The error for a connection that was lost while the server was asked to commit."""
    text = " ".join(str(error).split())
    return StoreUncertain(
        f"{where}: the connection was lost during a commit, which may have been written or not; read again what was "
        f"changed [{error.sqlstate or type(error).__name__}: {text}]"
    )


def _by_text(text: str) -> str:
    # While it connects, libpq hands on the server's words without their code.
    if "does not exist" in text and "database" in text:
        return _ADVICE["3D"]
    if "authentication failed" in text or "no password supplied" in text or "role" in text:
        return _ADVICE["28"]
    if "too many" in text or "remaining connection slots" in text:
        return _ADVICE["53300"]
    if "connection failed" in text or "timeout" in text:
        return _UNREACHABLE
    return _ADVICE["08"]
