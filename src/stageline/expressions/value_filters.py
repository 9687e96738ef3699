"""The filters that decide what a value is: defaults, numbers, dates, JSON, a word of bash.

A text that is no number is an error unless a default is given: nothing becomes 0 by itself.
"""

import json as encoding
import math
import re
import shlex
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from jinja2 import filters as jinja
from jinja2 import is_undefined

from stageline.expressions.error import Refusal
from stageline.expressions.kinds import count, kind
from stageline.expressions.lookup import MISSING, explain, find
from stageline.expressions.operators import truth
from stageline.expressions.text import to_json, to_text

MAX_DIGITS = 3_000


def absent(value: Any) -> bool:
    """There is no such value."""
    return value is MISSING or is_undefined(value)


def there(value: Any) -> bool:
    """There is such a value."""
    return not absent(value)


def default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    return default_value if absent(value) or (boolean and not truth(value)) else value


def coalesce(value: Any, *others: Any) -> Any:
    there = (item for item in (value, *others) if not absent(item) and item is not None)
    return next(there, None)


def getitem(value: Any, key: Any, default: Any = MISSING) -> Any:
    found = find(value, key)
    if found is not MISSING:
        return found
    if default is MISSING:
        raise Refusal(explain("the value", value, key))
    return default


def to_int(value: Any, default: Any = MISSING, base: int = 10) -> Any:
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > MAX_DIGITS:
        raise Refusal(f"this number has more than {MAX_DIGITS:,} digits")
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    number = to_float(value, None)
    if number is not None and math.isfinite(number) and base == 10:
        return int(number)
    return _otherwise(value, default, "a whole number")


def to_float(value: Any, default: Any = MISSING) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return _otherwise(value, default, "a number")


def rounded(value: Any, precision: int = 0, method: Any = "common") -> Any:
    count(precision, "the precision", least=-100, most=100)
    if method not in ("common", "ceil", "floor"):
        raise Refusal("the method is 'common', 'ceil' or 'floor'")
    return jinja.do_round(value, precision, method)


def fmt(value: Any, form: str) -> str:
    """A date by strftime, a number or a text by a format specification; a text with a date in ISO counts as a date."""
    if not isinstance(form, str):
        raise Refusal(f"a format is a text, and this is {kind(form)}")
    if isinstance(value, date | time):
        return value.strftime(form)
    if isinstance(value, str) and "%" in form:
        return _iso(value).strftime(form)
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise Refusal(f"`fmt` writes dates, numbers and texts, and this is {kind(value)}")
    if any(len(width) > 3 for width in re.findall(r"\d+", form)):
        raise Refusal("widths in a format have at most three digits")
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > MAX_DIGITS:
        raise Refusal(f"this number has more than {MAX_DIGITS:,} digits")
    try:
        return format(value, form)
    except (ValueError, OverflowError) as error:
        raise Refusal(f"this is no format for {kind(value)}; '.2f' and ',' fit numbers, '%Y-%m-%d' dates") from error


def json(value: Any, indent: int | None = None) -> str:
    return to_json(value, None if indent is None else count(indent, "the indent", most=16))


def from_json(value: Any) -> Any:
    if not isinstance(value, str):
        raise Refusal(f"`from_json` reads a text, and this is {kind(value)}")
    try:
        return encoding.loads(value, parse_constant=_no_constant)
    except encoding.JSONDecodeError as error:
        raise Refusal(f"this text is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error


def quote(value: Any) -> str:
    """One word of bash whatever the text holds; a list becomes one word for each item."""
    if isinstance(value, list | tuple):
        return " ".join(quote(item) for item in value)
    word = to_text(value)
    if "\0" in word:
        raise Refusal("a word of bash cannot hold the sign NUL")
    return shlex.quote(word)


def _iso(value: str) -> date:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(value)
        except ValueError:
            continue
    raise Refusal("this text is no date; a date is written as 2024-01-31 or 2024-01-31T12:00:00")


def _otherwise(value: Any, default: Any, wanted: str) -> Any:
    if default is not MISSING:
        return default
    raise Refusal(f"this is {kind(value)} that is not {wanted}; with a default, such as `int(0)`, it would be that")


def _no_constant(name: str) -> Any:
    raise Refusal(f"{name} is not JSON")
