"""A value as it stands in a text: as YAML and JSON write it. true, false, null; ISO dates; lists and mappings as JSON.

What has no one way to be written (bytes, sets, objects) is refused, not guessed.
"""

import json
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from stageline.expressions.error import Refusal
from stageline.expressions.kinds import kind


def to_text(value: Any) -> str:
    """The value as it is inserted between other text."""
    if type(value) is str:
        return value
    match value:
        case Enum():
            return to_text(value.value)
        case str():
            return str.__str__(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return _digits(value)
        case float():
            return repr(float(value))
        case Mapping() | list() | tuple():
            return to_json(value)
        case _:
            return _scalar(value)


def to_json(value: Any, indent: int | None = None) -> str:
    """The value as JSON, keys in their order; dates, decimals and paths as text."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_jsonable, indent=indent)
    except RecursionError as error:
        raise Refusal("this is nested too deeply to be written as JSON") from error
    except ValueError as error:
        raise Refusal("this holds NaN, an infinite number or itself, which JSON cannot") from error
    except TypeError as error:
        raise Refusal("this mapping has keys that are no text, which JSON cannot hold") from error


def _jsonable(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return dict(value) if isinstance(value, Mapping) else _scalar(value)


def _scalar(value: Any) -> str:
    """What JSON has no notation for, and yet everybody writes the same way."""
    match value:
        case date() | time():
            return value.isoformat()
        case Decimal() | timedelta():
            return str(value)
        case _:
            pass
    if hasattr(type(value), "__fspath__"):
        return str(value.__fspath__())
    raise Refusal(f"a value that is {kind(value)} cannot be written as text")


def _digits(value: int) -> str:
    try:
        return str(int(value))
    except ValueError as error:
        raise Refusal("this whole number has too many digits to be written") from error
