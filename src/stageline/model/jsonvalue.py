"""Values that survive being written down: JSON, without NaN, with text keys. What is kept is what was written."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from stageline.errors import DocumentError

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def canonical(value: Mapping[str, Any], what: str) -> tuple[dict[str, Any], bytes]:
    """A private copy of `value` as JSON gives it back, and its bytes. `what` begins the error when it is not JSON."""
    try:
        encoded = _encoder.encode(value)
    except (TypeError, ValueError, UnicodeEncodeError, RecursionError, OverflowError) as error:
        place = _first_bad(value, "", 0)
        raise DocumentError(f"{what}{place or ''} is not JSON: {error}") from error
    if b"null" in encoded and (place := _first_nan(msgspec.to_builtins(value), "")):
        raise DocumentError(f"{what}{place} is NaN or infinite, which JSON cannot hold; put out None or text instead")
    decoded = _decoder.decode(encoded)
    if decoded != value and (place := _first_changed(value, "")):
        raise DocumentError(
            f"{what}{place}; JSON has text, numbers, true, false, null, lists and mappings with text keys"
        )
    return decoded, encoded


def _first_changed(value: object, place: str) -> str:
    """What is wrong with the first value that would be read back as something else; a tuple is a list."""
    if value is None or isinstance(value, str | int | float):
        return ""
    if not isinstance(value, Mapping | list | tuple):
        return f"{place} is of type {type(value).__name__}"
    for key, item in _items(value):
        if isinstance(value, Mapping) and not isinstance(key, str):
            return f"{place} has the key {key!r}"
        if found := _first_changed(item, f"{place}[{key!r}]"):
            return found
    return ""


def _first_nan(value: object, place: str) -> str:
    if isinstance(value, float):
        return "" if math.isfinite(value) else place
    for key, item in _items(value):
        if found := _first_nan(item, f"{place}[{key!r}]"):
            return found
    return ""


def _first_bad(value: object, place: str, depth: int) -> str:
    for key, item in _items(value) if depth < 50 else ():
        try:
            _encoder.encode({key: item})
        except (TypeError, ValueError, UnicodeEncodeError, RecursionError, OverflowError):
            return _first_bad(item, f"{place}[{key!r}]", depth + 1)
    return place


def _items(value: object) -> list[tuple[object, object]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    return []
