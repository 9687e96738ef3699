"""Parameter values: text, whole numbers, numbers and truth values; and how bash reads them.

`True`, `1`, `1.0` and `"1"` are four different values. What JSON or bash cannot hold is refused, not changed.
"""

import math
import numbers
import re
import shlex
from pathlib import PurePath
from typing import TypeAlias

import msgspec

from stageline.expressions.text import to_text

Scalar: TypeAlias = str | bool | int | float
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PLAIN = frozenset("_@%+=:,./-")
_BITS = 64


class TakenPath(str):
    """Where a file or folder is that the Lab takes in; a script has its place at run time instead."""

    __slots__ = ()


class NotScalar(Exception):
    """A value that cannot be a parameter; the message says what would be right."""


def scalar(value: object) -> Scalar:
    """The value as one of the four kinds; paths become text, numbers of numeric libraries become numbers."""
    match value:
        case bool():
            return value
        case numbers.Integral():
            return _whole(int(value))
        case float():
            return _finite(float(value))
        case str():
            return _text(str.__str__(value))
        case PurePath():
            return _text(str(value))
        case _ if getattr(value, "ndim", None) == 0:
            return scalar(value.item())  # type: ignore[attr-defined]
        case None:
            raise NotScalar('a parameter cannot be None; write "" for nothing')
        case _:
            raise NotScalar(
                f"a parameter is a text, a number or a truth value, not {_a(value)}; JSON text can carry the rest"
            )


def is_plain_word(text: str) -> bool:
    """Does bash read the text, without quotes, as one word with nothing special in it?"""
    return bool(text) and all(one.isalnum() or one in _PLAIN for one in text)


def quote(value: Scalar) -> str:
    """The value as one word of a bash script, whatever it holds. It stands outside of other quotes."""
    return shlex.quote(text_of(value))


def text_of(value: Scalar) -> str:
    """The value as `${params[name]}` has it: truth values are true and false."""
    return to_text(value)


def in_line(value: Scalar | tuple[Scalar, ...]) -> str:
    """The value where people read several beside each other: a text with blanks, quotes or line ends as JSON has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(in_line, value))}]"
    if not isinstance(value, str) or (value.isprintable() and value and not any(one in " \"'\\" for one in value)):
        return text_of(value)
    return msgspec.json.encode(value).decode()


def dashed(name: str) -> str:
    """The one spelling of a name: dashes and underscores are the same."""
    return name.replace("_", "-")


def _whole(value: int) -> int:
    if value.bit_length() >= _BITS:
        raise NotScalar("a whole number has at most 63 bits; write a larger one as text")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise NotScalar(f'a number is finite, not {value}; write "{value}" as text')
    return value


def _text(value: str) -> str:
    if "\0" in value:
        raise NotScalar("a text for bash holds no NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotScalar("a text is Unicode; this one holds half a character") from error
    return value


def _a(value: object) -> str:
    return f"a {type(value).__name__}"
