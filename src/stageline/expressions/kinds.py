"""What a value is called in messages, in the words of people who write YAML; and which are too large to make."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from stageline.expressions.error import Refusal

MAX_TEXT = 10_000_000  # characters that one operation may make
MAX_ITEMS = 100_000  # items that one operation may make
MAX_BITS = 10_000  # of a whole number: about 3,000 digits

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "null"),
    (bool, "a boolean"),
    (int, "a whole number"),
    ((float, Decimal), "a number"),
    (str, "a text"),
    (datetime, "a datetime"),
    (date, "a date"),
    (time, "a time"),
    (timedelta, "a span of time"),
    (Mapping, "a mapping"),
    ((list, tuple), "a list"),
)


def kind(value: object) -> str:
    """`a text`, `a whole number`, `null` …"""
    for types, name in _KINDS:
        if isinstance(value, types):
            return name
    return f"of type {type(value).__name__}"


def count(value: object, what: str, least: int = 0, most: int = MAX_ITEMS) -> int:
    """A whole number within bounds, for a width or a number of pieces."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refusal(f"{what} must be a whole number, and this is {kind(value)}")
    if not least <= value <= most:
        raise Refusal(f"{what} must be between {least} and {most}")
    return value


def fits_text(length: int) -> None:
    """Refuses a text that would be larger than an expression may make."""
    if length > MAX_TEXT:
        raise Refusal(f"this would make a text of more than {MAX_TEXT:,} characters")


def fits_list(length: int) -> None:
    """Refuses a list that would be larger than an expression may make."""
    if length > MAX_ITEMS:
        raise Refusal(f"this would make a list of more than {MAX_ITEMS:,} items")


def weight(value: Any) -> int:
    """How much a value holds, in characters and items; counting ends where it is too much anyway."""
    total, waiting = 0, [value]
    while waiting and total <= MAX_TEXT:
        item = waiting.pop()
        total += 1
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, Mapping):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, Sequence) and not isinstance(item, bytes | range):
            waiting += item
    return total
