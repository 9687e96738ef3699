"""Tables of jobs and of their outputs as pandas has them: the only place that knows pandas, which is an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stageline.errors import ConfigError, MissingDependency

if TYPE_CHECKING:
    from pandas import DataFrame

TIMES = ("started", "ended")


def frame(columns: Mapping[str, Sequence[Any]]) -> DataFrame:
    """A table of these columns; times are microseconds since 1970, and become moments in UTC.

    Where a value is missing, whole numbers stay whole numbers.
    """
    pandas = _pandas("tables of jobs")
    found: dict[str, Any] = {}
    for name, values in columns.items():
        missing = any(value is None for value in values)
        found[name] = pandas.array(values) if missing and _of_one_kind(values) else values
    table: DataFrame = pandas.DataFrame(found)
    for name in TIMES:
        table[name] = pandas.to_datetime(pandas.array(columns[name], dtype="Int64"), unit="us", utc=True)
    return table


def _of_one_kind(values: Sequence[Any]) -> bool:
    kinds = {type(value) for value in values} - {type(None)}
    return len(kinds) == 1 and kinds <= {bool, int, float, str}


def read_csv(path: Path, options: Mapping[str, Any]) -> DataFrame:
    """A CSV file as a table."""
    return _read("read_csv", path, options)


def read_parquet(path: Path, options: Mapping[str, Any]) -> DataFrame:
    """A Parquet file as a table."""
    return _read("read_parquet", path, options)


def _read(function: str, path: Path, options: Mapping[str, Any]) -> DataFrame:
    pandas = _pandas(f"to read {path}")
    try:
        found: DataFrame = getattr(pandas, function)(path, **options)
    except ImportError as error:
        raise MissingDependency(f"{path} needs pyarrow to be read; install it: pip install pyarrow") from error
    except (ValueError, OSError) as error:
        raise ConfigError(f"{path} cannot be read as a table: {error}") from error
    return found


def _pandas(what: str) -> Any:
    try:
        return import_module("pandas")
    except ImportError as error:
        message = f"pandas is needed {what if what.startswith('to ') else f'for {what}'}, and is not installed"
        raise MissingDependency(f"{message}: pip install 'stageline[data]'") from error
