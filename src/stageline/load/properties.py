"""The anchor and the tag before a value: where they stand, and where the value itself begins."""

import re
from typing import NamedTuple

_PROPERTY = re.compile(r"(?:(!<[^>]*>|![^\s,\[\]{}]*)|&[^\s,\[\]{}]+)(?:[ \t\r\n]+(?:#[^\r\n]*)?)*")


class Properties(NamedTuple):
    """Offsets in the text."""

    tag: int
    content: int


def properties(text: str, start: int, end: int) -> Properties:
    """The properties that stand at `start` before a value that ends at `end`."""
    tag, at = start, start
    for _ in range(2):  # an anchor and a tag, in either order
        found = _PROPERTY.match(text, at, end)
        if found is None:
            break
        tag, at = found.start() if found[1] else tag, found.end()
    return Properties(tag, at)
