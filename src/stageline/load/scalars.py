"""What an unquoted text means: YAML 1.2's core schema and nothing else.

So `no`, `on`, `1:30` and `2024-01-01` are text, `017` is seventeen and `0o17` fifteen. A number that JSON cannot hold
is refused: values must survive being written down.
"""

import math
import re

from stageline.load.nodes import ScalarValue

CORE = "tag:yaml.org,2002:"
_DIGITS = 1000  # beyond some 4300 Python itself gives up
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST = frozenset("0123456789+-.~nNtTfF")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class ScalarRefused(ValueError):
    """A scalar cannot be read; `hint` says what would be right."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def resolve(text: str) -> ScalarValue:
    """The value of an unquoted text."""
    if text and text[0] not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return _int(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _NOT_FINITE.fullmatch(text):
        raise ScalarRefused(f"{text} is no number that JSON can hold", "write it in quotes for text, or leave it out")
    return text


def resolve_tagged(tag: str, text: str) -> ScalarValue:
    """The value of a text whose tag says what it is. Core tags and `!` only."""
    kind = tag.removeprefix(CORE)
    if kind in ("!", "str"):
        return text
    value = resolve(text)
    if kind == "float" and type(value) is int:
        return _float(str(value))
    if type(value).__name__ != {"null": "NoneType"}.get(kind, kind):
        raise ScalarRefused(f"this does not read as !!{kind}", "take the tag away, or write what it says")
    return value


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise ScalarRefused(f"a number of {len(text)} digits is too large", "write it in quotes for text")
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ScalarRefused("the number is too large", "at most 1.7e308 can be held; write it in quotes for text")
    return value
