"""What a stage's function is given: names to values, as attributes or as keys, dashes and underscores alike.

A value that bash would read as more than one plain word remembers that it is one: written into a script as it
stands, it is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, TypeAlias

from stageline.errors import did_you_mean
from stageline.lab.place import here
from stageline.lab.scalar import Scalar, TakenPath, dashed, is_plain_word
from stageline.load.source import Place

Report: TypeAlias = Callable[[str, Place], None]


class View:
    """Names and their values. A name that is not declared is an error that names the closest one."""

    __slots__ = ("_kind", "_touched", "_values")
    _kind: str
    _touched: set[str]
    _values: Mapping[str, Any]

    def __init__(self, kind: str, values: Mapping[str, Any]) -> None:
        self._kind = kind
        self._touched = set()
        self._values = values

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        key = self._key(name)
        if key is not None:
            return self._give(key)
        if name == "keys":
            return self._values.keys
        raise AttributeError(self._missing(name))

    def __getitem__(self, name: str) -> Any:
        key = self._key(name)
        if key is None:
            raise KeyError(self._missing(name))
        return self._give(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._key(name) is not None

    def __repr__(self) -> str:
        return f"{self._kind}({', '.join(self._values)})"

    def _give(self, key: str) -> Any:
        self._touched.add(key)
        return self._values[key]

    def _key(self, name: str) -> str | None:
        if name in self._values:
            return name
        return next((key for key in self._values if dashed(key) == dashed(name)), None)

    def _missing(self, name: str) -> str:
        known = f"; declared: {', '.join(self._values)}" if self._values else "; none are declared"
        return f"'{name}' is not one of the stage's {self._kind}{did_you_mean(name, self._values) or known}"


def touched(view: View) -> Set[str]:
    """The names that were asked for so far."""
    return view._touched


class Loose(str):
    """A text that bash would read as more than one plain word, or as none."""

    __slots__ = ("key", "report")
    key: str
    report: Report

    def __str__(self) -> str:
        self.report(self.key, here())
        return str.__str__(self)

    def __format__(self, spec: str) -> str:
        self.report(self.key, here())
        return format(str.__str__(self), spec)

    def __add__(self, other: str) -> Loose:
        return _loose(str.__str__(self) + other, self.key, self.report)

    def __radd__(self, other: str) -> Loose:
        return _loose(other + str.__str__(self), self.key, self.report)


def params_view(values: Mapping[str, Scalar], report: Report | None = None) -> View:
    """The parameters; with `report`, those that are no plain words are told of when they are written into a text."""
    if report is None:
        return View("params", values)
    return View("params", {key: _guarded(key, value, report) for key, value in values.items()})


def _guarded(key: str, value: Scalar, report: Report) -> Scalar:
    if not isinstance(value, str) or isinstance(value, TakenPath) or is_plain_word(value):
        return value
    return _loose(value, key, report)


def _loose(text: str, key: str, report: Report) -> Loose:
    loose = Loose(text)
    loose.key, loose.report = key, report
    return loose
