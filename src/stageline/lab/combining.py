"""A run's parameters as axes, and its combinations: the product of the axes without what is excluded."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import msgspec

from stageline.lab.define import Run
from stageline.lab.disk import Disk
from stageline.lab.mistakes import Mistakes
from stageline.lab.model import Param
from stageline.lab.scalar import NotScalar, Scalar, dashed, scalar
from stageline.lab.sweep import MOST, Listing, Zip, Zipped, values_of

Rows: TypeAlias = tuple[int, ...]


class Axis(msgspec.Struct, frozen=True):
    """Keys whose values go together: the n-th row is the n-th value of each."""

    keys: tuple[str, ...]
    columns: tuple[tuple[Param, ...], ...]

    def __len__(self) -> int:
        return len(self.columns[0])


class Spot(msgspec.Struct, frozen=True):
    """Where a key's values are: which axis, which column of it."""

    axis: int
    column: int
    key: str


class Axes(msgspec.Struct, frozen=True):
    """All axes of a run, in the order in which its author named the keys."""

    axes: tuple[Axis, ...]

    def spots(self) -> dict[str, Spot]:
        """Each key in its one spelling, and where its values are."""
        return {
            dashed(key): Spot(number, column, key)
            for number, axis in enumerate(self.axes)
            for column, key in enumerate(axis.keys)
        }

    def value(self, spot: Spot, rows: Rows) -> Param:
        """The value that a key has in a combination."""
        return self.axes[spot.axis].columns[spot.column][rows[spot.axis]]


def axes_of(run: Run, disk: Disk, mistakes: Mistakes) -> Axes:
    """The axes of a run; values that cannot be parameters are reported and left out."""
    groups: dict[object, dict[str, tuple[Param, ...]]] = {}
    seen: dict[str, str] = {}
    params: Mapping[Any, Any] = run.params
    for key, given in params.items():
        path = f"{run.name}.params.{key}"
        if not isinstance(key, str):
            mistakes.add(run.place, path, f"{key!r} is no name of a parameter", "write it as text")
            continue
        if (first := seen.setdefault(dashed(str(key)), key)) != key:
            mistakes.add(run.place, path, f"'{key}' and '{first}' are the same name", "keep one of them")
            continue
        column = tuple(_column(run, path, given, disk, mistakes))
        group: object = given.group if isinstance(given, Zipped) else key
        if column:
            groups.setdefault(group, {})[key] = column
    return Axes(tuple(_axis(run, group, columns, mistakes) for group, columns in groups.items()))


def combinations(run: Run, axes: Axes, mistakes: Mistakes) -> Iterator[Rows]:
    """Every combination that is not excluded, the last axis fastest."""
    count = prod(map(len, axes.axes))
    if count > MOST:
        message = f"its lists make {count:,} combinations, and a Lab holds {MOST:,} at most"
        mistakes.add(run.place, f"{run.name}.params", message, "zip_ lists, or make several Labs")
        return
    rows = product(*(range(len(axis)) for axis in axes.axes))
    if not run.exclude:
        yield from rows
        return
    tests = [test for one in _excluded(run.exclude) if (test := _test(run, one, axes, mistakes)) is not None]
    left = 0
    for row in rows:
        if not any(test(row) for test in tests):
            left += 1
            yield row
    if not left:
        mistakes.add(run.place, f"{run.name}.exclude", "every combination is excluded", "keep one at least")


def _excluded(given: Any) -> list[Any]:
    alone = isinstance(given, Mapping | str) or callable(given) or not isinstance(given, Iterable)
    return [given] if alone else list(given)


def _axis(run: Run, group: object, columns: Mapping[str, tuple[Param, ...]], mistakes: Mistakes) -> Axis:
    lengths = {key: len(column) for key, column in columns.items()}
    shortest = min(lengths.values())
    if isinstance(group, Zip) and max(lengths.values()) != shortest:
        told = ", ".join(f"'{key}' has {length}" for key, length in lengths.items())
        mistakes.add(group.place, f"{run.name}.params", f"zip_ needs as many values for each key: {told}")
    return Axis(tuple(columns), tuple(column[:shortest] for column in columns.values()))


def _column(run: Run, path: str, given: Any, disk: Disk, mistakes: Mistakes) -> Iterator[Param]:
    if isinstance(given, Listing):
        yield from _listed(path, given, disk, mistakes)
        return
    values = values_of(given)
    if values is None:
        mistakes.add(run.place, path, f"a {type(given).__name__} has no order of values", "write a list")
        return
    if not values:
        mistakes.add(run.place, path, "there is no value, so there would be no job", "give one at least")
    for value in values:
        try:
            yield Param(scalar(value))
        except NotScalar as error:
            mistakes.add(run.place, path, str(error))


def _listed(path: str, given: Listing, disk: Disk, mistakes: Mistakes) -> Iterator[Param]:
    folder = str(PurePosixPath(given.place.file).parent)
    answer = mistakes.call(path, given.place, disk.listing, folder, given.pattern, given.kind)
    found = answer[0] if answer else []
    if answer and not found:
        mistakes.add(given.place, path, f"no {given.kind} matches '{given.pattern}'", "patterns begin beside this file")
    for one in found:
        try:
            seen_as = "" if given.pattern.startswith("/") else os.path.relpath(one, folder)
            digest = mistakes.call(path, given.place, disk.digest, one)
            yield Param(str(scalar(one)), (digest and digest[0]) or "", seen_as)
        except NotScalar as error:
            mistakes.add(given.place, path, f"{one!r}: {error}")


def _test(run: Run, given: Any, axes: Axes, mistakes: Mistakes) -> Callable[[Rows], bool] | None:
    """Whether a combination is excluded."""
    path, spots = f"{run.name}.exclude", axes.spots()
    if callable(given):

        def asked(rows: Rows) -> bool:
            values = {spot.key: axes.value(spot, rows).value for spot in spots.values()}
            answer = mistakes.call(path, run.place, given, values)
            return bool(answer and answer[0])

        return asked
    if not isinstance(given, Mapping):
        mistakes.add(run.place, path, f"{given!r} excludes nothing", 'write {"seed": 3} or a function of the values')
        return None
    wanted: dict[int, set[int]] = {}
    for key, value in given.items():
        spot = spots.get(dashed(str(key)))
        if spot is None:
            known = [one.key for one in spots.values()]
            mistakes.add(run.place, path, f"'{key}' has no values in this run", mistakes.suggest(str(key), known))
            return None
        matching = _matching(axes.axes[spot.axis].columns[spot.column], value)
        if not matching:
            mistakes.add(
                run.place, path, f"'{key}' is never {value!r} in this run", "write a value as it stands in params"
            )
        wanted[spot.axis] = wanted.get(spot.axis, matching) & matching
    return lambda rows: all(rows[axis] in matching for axis, matching in wanted.items())


def _matching(column: Sequence[Param], value: Any) -> set[int]:
    try:
        same: Scalar = scalar(value)
    except NotScalar:
        return set()
    return {at for at, param in enumerate(column) if (type(param.value), param.value) == (type(same), same)}
