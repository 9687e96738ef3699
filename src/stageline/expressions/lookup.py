"""How `.name` and `[key]` read a value: keys of mappings, positions of lists, declared fields of records. Nothing else.

No attribute of a Python object is ever looked up by a name that an author chose. What is not there is MISSING;
`explain` says what is there instead.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any, Final

from stageline.errors import did_you_mean
from stageline.expressions.error import Place, Refusal
from stageline.expressions.kinds import kind
from stageline.expressions.methods import has_method

Evaluate = Callable[[Mapping[str, Any]], Any]
Key = str | int


class Missing(Enum):
    """What a lookup gives when there is nothing."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
MAX_NAMED = 8
MAX_NAME = 80

_DATE = frozenset({"year", "month", "day"})
_TIME = frozenset({"hour", "minute", "second", "microsecond"})
_ATTRIBUTES: tuple[tuple[type, frozenset[str]], ...] = (
    (datetime, _DATE | _TIME),
    (date, _DATE),
    (time, _TIME),
    (timedelta, frozenset({"days", "seconds", "microseconds"})),
)


def find(value: Any, key: Any) -> Any:
    """What `value` has under `key`, or MISSING."""
    if isinstance(value, Mapping):
        try:
            return value.get(key, MISSING)
        except TypeError as error:
            raise Refusal(f"{kind(key)} cannot be the key of a mapping") from error
    if isinstance(value, list | tuple | str) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else MISSING
    if isinstance(key, str) and key in fields(value):
        return getattr(value, key)
    return MISSING


def fields(value: Any) -> Iterable[str]:
    """The names that a record declares: of a struct, a dataclass, a named tuple; the parts of a date."""
    for types, names in _ATTRIBUTES:
        if isinstance(value, types):
            return names
    declared = type(value)
    for attribute in ("__struct_fields__", "__dataclass_fields__", "_fields"):
        listed: Iterable[str] = getattr(declared, attribute, ())
        if listed:
            return [name for name in listed if not name.startswith("_")]
    return ()


def walk(text: str, keys: tuple[Key, ...], places: tuple[tuple[int, int], ...]) -> Evaluate:
    """Reads a path such as `stages.extract.outputs`; the place of each key is where its absence is reported."""

    def evaluate(names: Mapping[str, Any]) -> Any:
        value: Any = names
        for depth, key in enumerate(keys):
            if type(value) is dict and key in value:
                value = value[key]
                continue
            found = find(value, key)
            if found is MISSING:
                raise Place(text, *places[depth]).error(explain(dotted(keys[:depth]), value, key))
            value = found
        return value

    return evaluate


def walk_if_there(keys: tuple[Key, ...]) -> Evaluate:
    """The same path where its absence is an answer: for `default`, `coalesce` and `is defined`."""

    def evaluate(names: Mapping[str, Any]) -> Any:
        value: Any = names
        for key in keys:
            value = find(value, key)
            if value is MISSING:
                break
        return value

    return evaluate


def dotted(keys: tuple[Key, ...]) -> str:
    """A path as its author would write it."""
    text = ""
    for key in keys:
        if isinstance(key, int) or not key.isidentifier():
            text += f"[{key!r}]"
        else:
            text += f".{key}" if text else key
    return text


def explain(owner: str, value: Any, key: Any) -> str:
    """Why there is nothing under `key`; `owner` is the path of `value`, empty for the names themselves."""
    named = _named(key)
    if not owner:
        return f"unknown name {named}{_offer(key, value)}{_meant_as_text(key, value)}"
    if has_method(value, key):
        return f"{owner} has no {named}, only a method: write {owner}.{key}()"
    if isinstance(value, Mapping):
        return f"{owner} has no {named}{_offer(key, value)}"
    if value is None:
        return f"{owner} is null, so it has no {named}"
    if isinstance(value, list | tuple | str) and isinstance(key, int):
        parts = "characters" if isinstance(value, str) else "items"
        return f"{owner} has {len(value)} {parts}, so there is no {named}; the first is [0]"
    if isinstance(value, list | tuple) and not fields(value):
        return f"{owner} is a list: [0] is its first item, `| map(attribute={named})` reads this of every item"
    return f"{owner} is {kind(value)}, which has no {named}{_offer(key, fields(value))}"


def _named(key: object) -> str:
    if isinstance(key, str):
        return f"'{key}'" if len(key) <= MAX_NAME else f"'{key[:MAX_NAME]}…'"
    return f"[{key!r}]" if isinstance(key, int) and abs(key) < 10**MAX_NAME else f"key that is {kind(key)}"


def _offer(key: object, known: Iterable[Any]) -> str:
    """The closest name, else the first few."""
    names = [name for name in known if isinstance(name, str)]
    if isinstance(key, str) and len(key) <= MAX_NAME:
        for name in names:
            if name.replace("-", "_") == key.replace("-", "_") or (key and name.startswith(f"{key}-")):
                return f"; did you mean ['{name}']?"
        if close := did_you_mean(key, names):
            return close
    if not names:
        return ""
    more = " …" if len(names) > MAX_NAMED else ""
    return f"; there is {', '.join(sorted(names)[:MAX_NAMED])}{more}"


def _meant_as_text(key: object, known: Iterable[str]) -> str:
    return "" if len(str(key)) > MAX_NAME or did_you_mean(str(key), known) else f"; a text stands in quotes: '{key}'"
