"""Times and spans as people and programs read them."""

import re
from datetime import UTC, datetime

from stageline.errors import DocumentError

SECOND = 1_000_000
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def iso(at: int | None) -> str | None:
    """UTC microseconds as ISO 8601 in UTC."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock(at: int) -> str:
    """The time of day where we are."""
    return datetime.fromtimestamp(at / SECOND, UTC).astimezone().strftime("%H:%M:%S")


def day(at: int | None) -> str:
    """Day and time where we are."""
    return "" if at is None else datetime.fromtimestamp(at / SECOND, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def span(begin: int | None, end: int | None) -> str:
    """How long something took, in few characters."""
    if begin is None or end is None:
        return ""
    seconds = max(end - begin, 0) / SECOND
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{seconds:02}s"


def read_span(text: str) -> int:
    """A span such as `30d` in microseconds; DocumentError for anything else."""
    found = _SPAN.fullmatch(text.strip().lower())
    if not found:
        raise DocumentError(f"'{text}' is no span of time; one is a number with s, m, h, d or w, such as 30d")
    return int(float(found[1]) * _UNITS[found[2]] * SECOND)
