"""Store URLs, read and shown. A mistake in one is the caller's: DocumentError, with what would be right."""

import re
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from stageline.errors import DocumentError, did_you_mean

MEMORY = ":memory:"
BESIDE = "sqlite:///runs.db"
SCHEMES = ("memory", "sqlite", "postgresql", "postgres")
FORMS = (
    "memory:, sqlite:///runs.db (beside you), sqlite:////var/lib/runs.db (absolute), postgresql://user@host/database"
)
DEFAULT_TIMEOUT = 10.0

_SECRETS = frozenset({"password", "sslpassword", "passfile"})
_ASSIGNED = re.compile(r"(password\s*=\s*)('[^']*'|\S+)")
_SYNCHRONOUS = ("normal", "full", "extra", "off")


class SqliteAddress(msgspec.Struct, frozen=True):
    """A SQLite database: its path (None in memory) and how it is opened."""

    url: str
    path: Path | None
    timeout: float = DEFAULT_TIMEOUT
    synchronous: str = "normal"


def scheme_of(url: str) -> str:
    """Which kind of store a URL or a bare path to a database names."""
    scheme, colon, _ = url.partition(":")
    if url == "memory" or (scheme in SCHEMES and colon):
        return {"postgres": "postgresql"}.get(scheme, scheme)
    if url.endswith((".db", ".sqlite", ".sqlite3")) and "://" not in url:
        return "path"
    raise DocumentError(
        f"'{without_password(url)}' names no store{did_you_mean(scheme, SCHEMES)}; a store is one of: {FORMS}"
    )


def sqlite_url(path: str) -> str:
    """The URL of a SQLite database at a path."""
    return "sqlite:///" + quote(path)


def parse_sqlite(url: str) -> SqliteAddress:
    """`sqlite:///relative`, `sqlite:////absolute`, `sqlite:///:memory:`, with `?timeout=` and `?synchronous=`."""
    head, _, query = url.partition("?")
    if not head.startswith("sqlite://"):
        raise DocumentError(f"'{without_password(url)}' is not a SQLite URL; one is: {FORMS}")
    place = head.removeprefix("sqlite://")
    if place not in ("", "/") and not place.startswith("/"):
        raise DocumentError(f"'{url}': a path follows three slashes: sqlite:///{place}, or four if it is absolute")
    name = unquote(place[1:])
    timeout, synchronous = _options(url, query)
    if place == "/":
        raise DocumentError(f"'{url}' names no file; in memory is sqlite:///{MEMORY}, one beside you is {BESIDE}")
    if name in ("", MEMORY):
        return SqliteAddress(f"sqlite:///{MEMORY}", None, timeout, synchronous)
    return SqliteAddress(url, Path.cwd() / name, timeout, synchronous)


class PostgresAddress(msgspec.Struct, frozen=True):
    """A PostgreSQL database: what is shown of its URL, and the URL that libpq is given, which may hold a password."""

    url: str
    conninfo: str
    database: str
    timeout: float = DEFAULT_TIMEOUT

    def __repr__(self) -> str:
        return f"PostgresAddress({self.url!r})"


def parse_postgres(url: str) -> PostgresAddress:
    """`postgresql://user:password@host:port/database`, with libpq's options and `?timeout=` in seconds."""
    shown = without_password(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise DocumentError(f"'{shown}' is not a URL; one is: postgresql://user@host:5432/database") from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise DocumentError(f"'{shown}' is not a PostgreSQL URL; one is: postgresql://user@host:5432/database")
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = [_seconds(shown, value) for key, value in query if key == "timeout"]
    kept = urlencode([(key, value) for key, value in query if key != "timeout"], quote_via=quote)
    conninfo = urlunsplit(SplitResult("postgresql", parts.netloc, parts.path, kept, ""))
    database = unquote(parts.path.strip("/")) or parts.username or "postgres"
    return PostgresAddress(shown, conninfo, database, given[-1] if given else DEFAULT_TIMEOUT)


def _options(url: str, query: str) -> tuple[float, str]:
    timeout, synchronous = DEFAULT_TIMEOUT, "normal"
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "timeout":
            timeout = _seconds(url, value)
        elif key == "synchronous" and value.lower() in _SYNCHRONOUS:
            synchronous = value.lower()
        elif key == "synchronous":
            raise DocumentError(f"'{url}': synchronous is one of {', '.join(_SYNCHRONOUS)}, not '{value}'")
        else:
            known = ("timeout", "synchronous")
            raise DocumentError(
                f"'{url}': no option '{key}'{did_you_mean(key, known)}; there are {' and '.join(known)}"
            )
    return timeout, synchronous


def _seconds(url: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError as error:
        raise DocumentError(f"'{url}': timeout is a number of seconds, not '{value}'") from error
    if not 0 <= seconds <= 86_400:
        raise DocumentError(f"'{url}': timeout is between 0 and 86400 seconds, not {value}")
    return seconds


def without_password(url: str) -> str:
    """The URL with nothing secret in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    if not parts.scheme:
        return _ASSIGNED.sub(r"\1…", url)
    user, at, host = parts.netloc.rpartition("@")
    netloc = user.partition(":")[0] + at + host
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in _SECRETS]
    if (netloc, len(query)) == (parts.netloc, len(parse_qsl(parts.query, keep_blank_values=True))):
        return url
    return urlunsplit(SplitResult(parts.scheme, netloc, parts.path, urlencode(query), parts.fragment))
