"""How the value of a setting is read, from a text or from what TOML has made of it. ValueError says what it must be."""

import math
import re
from collections.abc import Callable
from pathlib import Path

_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMG]?)i?B?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}
_NONE = ("none", "off", "")


def text(value: object) -> str:
    """A text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text that is not blank")
    return value


def path(value: object) -> Path:
    """A path; `~` is the user's own folder."""
    try:
        return Path(text(value)).expanduser()
    except (RuntimeError, ValueError):
        raise ValueError("a path") from None


def path_or_none(value: object) -> Path | None:
    """A path, or `none`."""
    return None if value in _NONE else path(value)


def flag(value: object) -> bool:
    """True or false, in the usual words."""
    if isinstance(value, bool):
        return value
    found = _FLAGS.get(str(value).strip().lower())
    if found is None:
        raise ValueError("true or false")
    return found


def number(value: object) -> int:
    """A whole number, 0 or more."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value).strip()):
        raise ValueError("a whole number, 0 or more")
    return int(str(value))


def count(value: object) -> int:
    """A whole number, 1 or more."""
    try:
        found = number(value)
    except ValueError:
        found = 0
    if found < 1:
        raise ValueError("a whole number, 1 or more")
    return found


def seconds(value: object) -> float:
    """A number of seconds."""
    try:
        found = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise ValueError("a number of seconds, 0 or more")
    return found


def seconds_or_none(value: object) -> float | None:
    """A number of seconds above 0, or `none`."""
    if value in _NONE:
        return None
    found = seconds(value)
    if found == 0:
        raise ValueError("a number of seconds above 0, or none")
    return found


def size(value: object) -> int:
    """A number of bytes; `5M` is five million."""
    found = None if isinstance(value, bool) else _SIZE.fullmatch(str(value).strip())
    if not found:
        raise ValueError("a size: a number of bytes, or one such as 500k, 5M, 1G")
    return int(float(found[1]) * _FACTORS[found[2].lower()])


def words(value: object) -> tuple[str, ...]:
    """A list of words; in a text they stand between commas or blanks."""
    found = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise ValueError("a list of words")
    return tuple(found)


def choice(*known: str) -> Callable[[object], str]:
    """One of these words, written in any case."""

    def read(value: object) -> str:
        word = str(value).strip().lower()
        if word not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return word

    return read


def shown(value: object) -> str:
    """A value as it may be written."""
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(map(str, value)) or "-"
        case float():
            return f"{value:g}"
        case _:
            return str(value)
