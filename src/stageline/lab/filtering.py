"""Conditions on what is known of a job: `seed=42`, `lr__lt=0.1`, `name__contains="train"`. Pure.

A word is a field, a parameter, or `params__` and a parameter, where a field has the same name; behind two underscores
may stand a comparison. Values of different kinds are never equal, and never less or more than each other.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from stageline.errors import DocumentError, UnknownName, did_you_mean
from stageline.lab.scalar import dashed

FIELDS = ("id", "name", "stage", "version", "status", "run", "group")
PARAMS = "params__"


class Condition(msgspec.Struct, frozen=True):
    """What a job must be: `name` is a field, or a parameter."""

    name: str
    is_field: bool
    word: str
    wanted: Any

    def holds(self, values: Iterable[Any]) -> bool:
        """Is it so for one of the values, or not so for each? A job has one of each, but may belong to several runs."""
        compare = COMPARISONS[self.word]
        every = all if self.word == "ne" else any
        return every(compare(value, self.wanted) for value in values)


def conditions(asked: Mapping[str, Any], params: Iterable[str]) -> list[Condition]:
    """What was asked for; UnknownName for what no job has."""
    known = {dashed(name): name for name in params}
    return [_condition(key, wanted, known) for key, wanted in asked.items()]


def refuse_unknown(found: Iterable[Condition], having: Mapping[str, Iterable[str]]) -> None:
    """UnknownName for a stage, a run … that is asked for by its name and that nothing has; `having` are all names."""
    for one in found:
        if one.is_field and one.word == "eq" and one.name in having:
            names = list(dict.fromkeys(having[one.name]))
            if str(one.wanted) not in names:
                hint = did_you_mean(str(one.wanted), names) or f"; there are {', '.join(names) or 'none'}"
                raise UnknownName(f"no job of the Lab has the {one.name} '{one.wanted}'{hint}")


def _condition(key: str, wanted: Any, known: Mapping[str, str]) -> Condition:
    name, _, word = key.rpartition("__")
    if not name or word not in COMPARISONS or dashed(key) in known:
        name, word = key, "eq"
    if word == "in" and (isinstance(wanted, str) or not isinstance(wanted, Iterable)):
        raise DocumentError(f"{key} wants several values, such as {key}=[1, 2], not {wanted!r}")
    if name in FIELDS:
        return Condition(name, True, word, wanted)
    param = name.removeprefix(PARAMS)
    if dashed(param) not in known:
        _refuse_comparison(param, known)
        names = [*FIELDS, *known.values()]
        hint = did_you_mean(param, names) or f"; there are {', '.join(names)}"
        raise UnknownName(f"no job of the Lab has a parameter '{param}'{hint}")
    return Condition(known[dashed(param)], False, word, list(wanted) if word == "in" else wanted)


def _refuse_comparison(asked: str, known: Mapping[str, str]) -> None:
    """UnknownName when what is asked for is known, and only how to compare it is not."""
    name, _, word = asked.rpartition("__")
    if name in FIELDS or dashed(name) in known:
        hint = did_you_mean(word, COMPARISONS) or f"; there are {', '.join(COMPARISONS)}"
        raise UnknownName(f"'{asked}': nothing compares by '__{word}'{hint}")


def _equal(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, wanted: Any) -> bool:
        try:
            return bool(compare(value, wanted))
        except TypeError:
            return False

    return holds


def _contains(value: Any, wanted: Any) -> bool:
    return str(wanted) in value if isinstance(value, str) else isinstance(value, tuple) and wanted in value


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": _equal,
    "ne": lambda value, wanted: not _equal(value, wanted),
    "lt": _ordered(operator.lt),
    "le": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "ge": _ordered(operator.ge),
    "in": lambda value, wanted: any(_equal(value, one) for one in wanted),
    "contains": _contains,
    "startswith": lambda value, wanted: isinstance(value, str) and value.startswith(str(wanted)),
    "endswith": lambda value, wanted: isinstance(value, str) and value.endswith(str(wanted)),
}
