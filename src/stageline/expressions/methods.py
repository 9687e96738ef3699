"""The methods that may be called on values, by the kind of value: those that only read. Nothing else is ever called.

Texts have no `format`, mappings and lists nothing that changes them; what could make a huge text is measured first.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from stageline.errors import did_you_mean
from stageline.expressions.error import Refusal
from stageline.expressions.kinds import MAX_ITEMS, count, fits_list, fits_text, kind
from stageline.expressions.text import to_text

Method = Callable[..., Any]


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    """`str.replace`, unless the result would be huge."""
    found = text.count(old) if limit < 0 else min(text.count(old), limit)
    fits_text(len(text) + found * (len(new) - len(old)))
    return text.replace(old, new, limit)


def join(separator: str, items: Any) -> str:
    """`str.join` of anything that can be written as text."""
    texts = [to_text(item) for item in items]
    fits_text(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def numbers(*bounds: int) -> list[int]:
    """`range` as a list, of a reasonable length."""
    found = range(*bounds)
    try:
        fits_list(len(found))
    except OverflowError:
        fits_list(MAX_ITEMS + 1)
    return list(found)


def _get(mapping: Mapping[Any, Any], key: Any, default: Any = None) -> Any:
    return mapping.get(key, default)


def _padded(method: Method) -> Method:
    def pad(text: str, width: int, *fill: str) -> Any:
        return method(text, count(width, "the width"), *fill)

    return pad


def _listed(method: Method) -> Method:
    def collect(mapping: Mapping[Any, Any]) -> list[Any]:
        return [list(item) if isinstance(item, tuple) else item for item in method(mapping)]

    return collect


def _of(types: type, names: str) -> dict[str, Method]:
    return {name: getattr(types, name) for name in names.split()}


_TEXT = _of(
    str,
    "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit isidentifier islower "
    "isnumeric isspace istitle isupper lower lstrip partition removeprefix removesuffix rfind rindex rpartition rsplit "
    "rstrip split splitlines startswith strip swapcase title upper",
)
_PADDED = {name: _padded(method) for name, method in _of(str, "center ljust rjust zfill").items()}
_DAY = "isoformat isoweekday strftime weekday"

METHODS: tuple[tuple[type | tuple[type, ...], Mapping[str, Method]], ...] = (
    (str, {**_TEXT, **_PADDED, "join": join, "replace": replace}),
    (Mapping, {"get": _get, **{n: _listed(m) for n, m in _of(Mapping, "items keys values").items()}}),
    (list, _of(list, "count index")),
    (tuple, _of(tuple, "count index")),
    (datetime, _of(datetime, f"{_DAY} date time utcoffset")),
    (date, _of(date, _DAY)),
    (time, _of(time, "isoformat strftime utcoffset")),
    (timedelta, _of(timedelta, "total_seconds")),
    (float, _of(float, "is_integer")),
)
KNOWN = frozenset(name for _, methods in METHODS for name in methods)


def call_method(value: Any, name: str, *args: Any, **named: Any) -> Any:
    """`value.name(…)`, where the kind of value has this method."""
    for types, methods in METHODS:
        if isinstance(value, types):
            if name in methods:
                return methods[name](value, *args, **named)
            raise Refusal(f"{kind(value)} has no method '{name}'{did_you_mean(name, methods)}")
    raise Refusal(f"{kind(value)} has no methods")


def has_method(value: Any, name: Any) -> bool:
    """Whether this kind of value has a method of this name."""
    return isinstance(name, str) and any(isinstance(value, types) and name in methods for types, methods in METHODS)


def unknown_method(name: str) -> str | None:
    """What to say about a method that no kind of value has, or None when there is one."""
    if name in KNOWN:
        return None
    if name in ("format", "format_map"):
        return "texts have no format() here; write `a ~ b`, or `'%s' | format(a)`"
    if name in ("append", "extend", "insert", "pop", "remove", "sort", "update", "setdefault", "clear"):
        return f"'{name}' would change the value; values here are only read"
    return f"no kind of value has a method '{name}'{did_you_mean(name, KNOWN)}"
