"""Jinja's filters on text. What they are given is first written as if it were inserted: `true | upper` is TRUE.

What pads or repeats is measured first.
"""

import re
from typing import Any

from jinja2 import filters as jinja
from jinja2 import pass_environment
from jinja2.environment import Environment

from stageline.expressions import methods
from stageline.expressions.error import Refusal
from stageline.expressions.kinds import count, fits_text, kind
from stageline.expressions.text import to_text

MAX_WIDTH = 10_000

_CONVERSION = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?")


def capitalize(value: Any) -> str:
    return to_text(value).capitalize()


def center(value: Any, width: int = 80) -> str:
    return to_text(value).center(count(width, "the width", most=MAX_WIDTH))


def filesizeformat(value: Any, binary: bool = False) -> str:
    return jinja.do_filesizeformat(value, binary)


def percent(value: Any, *values: Any, **named: Any) -> str:
    """`%s` formatting; values as they stand in text, widths within bounds."""
    pattern = to_text(value)
    widths = [part for found in _CONVERSION.finditer(pattern) for part in found.groups() if part]
    if "*" in widths:
        raise Refusal("a width in a format is a plain number")
    fits_text(sum(map(int, widths)))
    if values and named:
        raise Refusal("`format` takes values by position or by name, not both")
    return pattern % ({key: _plain(item) for key, item in named.items()} or tuple(map(_plain, values)))


def indent(value: Any, width: int = 4, first: bool = False, blank: bool = False) -> str:
    text = to_text(value)
    fits_text(len(text) + (text.count("\n") + 1) * count(width, "the width", most=MAX_WIDTH))
    return jinja.do_indent(text, width, first, blank)


def lower(value: Any) -> str:
    return to_text(value).lower()


def replace(value: Any, old: Any, new: Any, count: int | None = None) -> str:
    return methods.replace(to_text(value), to_text(old), to_text(new), -1 if count is None else count)


def string(value: Any) -> str:
    return to_text(value)


def title(value: Any) -> str:
    return jinja.do_title(to_text(value))


def trim(value: Any, chars: str | None = None) -> str:
    return to_text(value).strip(chars)


@pass_environment
def truncate(
    environment: Environment,
    value: Any,
    length: int = 255,
    killwords: bool = False,
    end: str = "...",
    leeway: int | None = None,
) -> str:
    count(length, "the length", least=len(end), most=10**9)
    return jinja.do_truncate(environment, to_text(value), length, killwords, end, leeway)


def upper(value: Any) -> str:
    return to_text(value).upper()


def urlencode(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return jinja.do_urlencode(value)
    return jinja.do_urlencode(to_text(value))


def wordcount(value: Any) -> int:
    return jinja.do_wordcount(to_text(value))


@pass_environment
def wordwrap(environment: Environment, value: Any, width: int = 79, break_long_words: bool = True) -> str:
    count(width, "the width", least=1, most=MAX_WIDTH)
    return jinja.do_wordwrap(environment, to_text(value), width, break_long_words)


def _plain(value: Any) -> Any:
    """Numbers stay what they are, for `%d`; the rest is text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, bytes):
        raise Refusal(f"a value that is {kind(value)} cannot be written as text")
    return to_text(value)
