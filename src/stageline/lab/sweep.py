"""The values a run gives to parameters: each alone is an axis, zipped ones share one, and all are multiplied.

A key is a parameter's name, for every stage that declares it, or `stage.param` for one stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Literal, TypeAlias

import msgspec

from stageline.lab.author_paths import author_path
from stageline.lab.place import here
from stageline.lab.scalar import NotScalar, scalar
from stageline.load.source import Place

Number: TypeAlias = int | float
MOST = 1_000_000


class Zip:
    """Keys whose values go together."""

    def __init__(self, place: Place) -> None:
        self.place = place


class Zipped(msgspec.Struct, frozen=True, eq=False):
    """The values of one key of a `zip_`."""

    values: Sequence[Any]
    group: Zip


class Listing(msgspec.Struct, frozen=True):
    """The files or folders that match a pattern beside the file of the call, looked for when resolved."""

    kind: Literal["file", "folder"]
    pattern: str
    place: Place


def zip_(columns: Mapping[str, Iterable[Any]] | None = None, /, **named: Iterable[Any]) -> dict[str, Any]:
    """Keys whose values go together, the first with the first: `params={"seed": [1, 2], **zip_(lr=…, batch=…)}`.

    A mapping is for keys that are no Python names: `zip_({"train.lr": …}, batch=…)`.
    """
    group = Zip(here())
    return {key: Zipped(_values(values), group) for key, values in {**(columns or {}), **named}.items()}


def range_(start: Number, stop: Number, step: Number = 1) -> list[Number]:
    """The numbers from start to stop, both included: `range_(0.1, 0.5, 0.1)` is 0.1, 0.2, 0.3, 0.4, 0.5."""
    given = [_number(number) for number in (start, stop, step)]
    first, last, by = (Decimal(repr(number)) for number in given)
    if not by:
        raise ValueError("the step of a range is not 0")
    count = int((last - first) / by) + 1 if (last - first) * by >= 0 else 0
    if count > MOST:
        raise ValueError(f"a range has {MOST:,} numbers at most, and this one {count:,}")
    whole = all(isinstance(number, int) for number in given)
    return [int(number) if whole else float(number) for number in (first + by * at for at in range(count))]


def files(pattern: str | PurePath) -> Listing:
    """The files that match, in order. The Lab takes them in, and `${params[name]}` is where they are when a job runs.

    A job is a new one when the content of its file is, or its path as seen from the file of the call.
    """
    return Listing("file", author_path(pattern, "data/*.csv"), here())


def dirs(pattern: str | PurePath) -> Listing:
    """The folders that match, in order. The Lab takes them in, and `${params[name]}` is where they are when a job runs.

    A job is a new one when anything in its folder is, or its path as seen from the file of the call.
    """
    return Listing("folder", author_path(pattern, "data/*"), here())


def values_of(given: Any) -> list[Any] | None:
    """The values of a key, a lone one among them; None when they come in no order or as a mapping."""
    if isinstance(given, Zipped):
        return list(given.values)
    if isinstance(given, Mapping | set | frozenset):
        return None
    return _values(given)


def _number(given: object) -> Number:
    """A number of Python's own; those of numeric libraries become one."""
    try:
        found = scalar(given)
    except NotScalar as error:
        raise ValueError(f"a range is of numbers: {error}") from error
    if isinstance(found, str | bool):
        raise TypeError(f"a range is of numbers, not {found!r}")
    return found


def _values(given: Any) -> list[Any]:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable) or getattr(given, "ndim", None) == 0:
        return [given]
    return list(given)
