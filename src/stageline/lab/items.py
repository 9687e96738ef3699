"""The items of a scatter-gather: what the scatter wrote, checked against its example. Errors name the item. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stageline.errors import DomainError, did_you_mean

SHOWN = 80


class BadItems(DomainError):
    """The scatter has not written what its `worker__arg` promises."""


def items_in(content: bytes, example: Any) -> list[Any]:
    """The items of a JSON list."""
    try:
        items = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadItems(f"work__items is no JSON: {error}") from error
    if not isinstance(items, list):
        raise BadItems(f"work__items is a JSON list, not {_kind(items)}")
    for number, item in enumerate(items):
        _check(item, example, f"item {number}")
    return items


def _check(value: Any, example: Any, where: str) -> None:
    if isinstance(example, Mapping):
        _check_keys(value, example, where)
        for key, one in example.items():
            _check(value[key], one, f"{where}: {key}")
    elif example is not None and not _is_like(value, example):
        raise BadItems(f"{where} is {_kind(value)}, {_shown(value)}; worker__arg says {_kind(example)}")


def _check_keys(value: Any, example: Mapping[str, Any], where: str) -> None:
    if not isinstance(value, Mapping):
        raise BadItems(f"{where} is {_kind(value)}, {_shown(value)}; worker__arg says an object")
    for key in example:
        if key not in value:
            raise BadItems(f"{where} has no '{key}', which worker__arg has: {_shown(value)}")
    for key in value:
        if key not in example:
            raise BadItems(f"{where} has '{key}', which worker__arg has not{did_you_mean(key, example)}")


def _is_like(value: Any, example: Any) -> bool:
    if isinstance(example, bool) or isinstance(value, bool):
        return isinstance(example, bool) and isinstance(value, bool)
    if isinstance(example, float):
        return isinstance(value, int | float)
    return isinstance(value, list) if isinstance(example, list | tuple) else type(value) is type(example)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
        case _:
            return "an object"


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
