"""The parameters of a workflow: what they are called, of which type, and what is handed in for them, as JSON.

Text from a command line is read as the type says. Everything that is wrong with what was handed in is told at once.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec

from stageline.errors import DocumentError, did_you_mean

ParamType: TypeAlias = Literal[
    "str", "int", "float", "bool", "decimal", "date", "datetime", "list", "map", "choice", "any"
]
TYPES: Final[tuple[str, ...]] = get_args(ParamType)
SHOWN = 60


class Param(msgspec.Struct, frozen=True, omit_defaults=True):
    """One parameter. `default` is JSON; without one the parameter must be given, unless it is not `required`."""

    type: ParamType = "str"
    default: Any = None
    required: bool = False
    desc: str = ""
    options: tuple[str | int | float | bool, ...] = ()


class Refused(ValueError):
    """A value is none of a parameter's; the message is what would be right."""


def read_params(params: Mapping[str, Param], given: Mapping[str, Any], workflow: str = "") -> dict[str, Any]:
    """The value of each parameter, as JSON. `given` are texts from a command line, or values from a file."""
    at = f"workflow '{workflow}': " if workflow else ""
    mistakes = [_unknown(name, params) for name in given if name not in params]
    values: dict[str, Any] = {}
    for name, param in params.items():
        if name not in given:
            if param.required:
                mistakes.append(f"the parameter '{name}' must be given; {_how(name, param)}")
            values[name] = param.default
            continue
        try:
            values[name] = value_of(param, given[name])
        except Refused as error:
            mistakes.append(f"the parameter '{name}' is {error}, not {_shown(given[name])}")
    if mistakes:
        raise DocumentError("\n".join(at + mistake for mistake in mistakes))
    return values


def value_of(param: Param, given: Any) -> Any:
    """What was handed in, as the parameter's type has it in JSON. Raises Refused with what would be right."""
    if given is None and not param.required:
        return None
    return _READERS[param.type](param, given)


def _unknown(name: str, params: Mapping[str, Param]) -> str:
    hint = did_you_mean(name, params)
    known = ", ".join(f"'{each}'" for each in params)
    return f"there is no parameter '{name}'{hint or (f'; there are {known}' if known else '; it has none')}"


def _how(name: str, param: Param) -> str:
    what = " | ".join(map(_plain, param.options)) if param.options else param.type
    about = f" ({param.desc})" if param.desc else ""
    return f"write -p {name}=<{what}>{about}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _str(param: Param, given: Any) -> Any:
    if isinstance(given, str):
        return given
    raise Refused("a text (in a file, in quotes)")


def _int(param: Param, given: Any) -> Any:
    value = _read(given)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Refused("a whole number")


def _float(param: Param, given: Any) -> Any:
    value = _read(given)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise Refused("a number")


def _bool(param: Param, given: Any) -> Any:
    value = _read(given.strip().lower() if isinstance(given, str) else given)
    if isinstance(value, bool):
        return value
    raise Refused("true or false")


def _decimal(param: Param, given: Any) -> Any:
    try:
        value = Decimal(repr(given) if isinstance(given, float) else given)
    except (InvalidOperation, TypeError, ValueError):
        value = Decimal("NaN")
    if isinstance(given, bool) or not value.is_finite():
        raise Refused("a decimal number, such as 12.50")
    return str(value)


def _date(param: Param, given: Any) -> Any:
    return _moment(given, date.fromisoformat, "a date, such as 2024-12-31")


def _datetime(param: Param, given: Any) -> Any:
    return _moment(given, datetime.fromisoformat, "a date with a time, such as 2024-12-31T23:59:00+00:00")


def _moment(given: Any, read: Callable[[str], date], right: str) -> str:
    try:
        return read(given.strip()).isoformat()
    except (AttributeError, TypeError, ValueError) as error:
        raise Refused(right) from error


def _list(param: Param, given: Any) -> Any:
    value = _read(given)
    if isinstance(value, list):
        return value
    raise Refused("""a list, such as '["a", "b"]'""")


def _map(param: Param, given: Any) -> Any:
    value = _read(given)
    if isinstance(value, dict):
        return value
    raise Refused("""a map, such as '{"a": 1}'""")


def _choice(param: Param, given: Any) -> Any:
    for option in param.options:
        if _plain(option) == _plain(given):
            return option
    raise Refused(f"one of {', '.join(map(_plain, param.options))}")


def _any(param: Param, given: Any) -> Any:
    return given


def _read(given: Any) -> Any:
    """A text as JSON reads it; what is no JSON is text. Other values are what they are."""
    if not isinstance(given, str):
        return given
    try:
        return msgspec.json.decode(given.strip())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return given


_READERS: Mapping[str, Callable[[Param, Any], Any]] = {
    "str": _str,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "decimal": _decimal,
    "date": _date,
    "datetime": _datetime,
    "list": _list,
    "map": _map,
    "choice": _choice,
    "any": _any,
}
