"""What was written in a YAML file, each value at its place: a closed union of scalars, lists and maps.

Values are JSON: text, numbers, true, false, null, lists, and maps whose keys are text. What an alias brings in stands
where the alias is written; what is inside of it stands where it was written down.
"""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from stageline.load.source import Span

ScalarValue: TypeAlias = str | int | float | bool | None
Plain: TypeAlias = ScalarValue | list["Plain"] | dict[str, "Plain"]


class ScalarNode(Span, frozen=True, eq=False, gc=False):
    """A single value: as it was meant (`value`), as it was written without its quotes (`text`), and how (`style`).

    The style is one of `'`, `"`, `|`, `>` or the empty string for unquoted text.
    """

    style: str
    text: str
    value: ScalarValue


class AliasNode(ScalarNode, frozen=True, eq=False, gc=False):
    """A scalar that was written elsewhere."""

    anchor: ScalarNode


class BrokenNode(ScalarNode, frozen=True, eq=False, gc=False):
    """Stands where a mistake was already reported: nothing more is said of it."""


class ListNode(Span, frozen=True, eq=False, gc=False):
    """A list of values."""

    items: tuple["Node", ...]


class Entry(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A key and its value. The map knows the key by its text; `key.value` says whether a number was written."""

    key: ScalarNode
    value: "Node"


class MapNode(Span, frozen=True, eq=False, gc=False):
    """Values under keys, in the order of the file; keys of merged maps come first."""

    entries: Mapping[str, Entry]


Node: TypeAlias = ScalarNode | ListNode | MapNode


def plain(node: Node) -> Plain:
    """The ordinary Python value, new at each call."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {name: plain(entry.value) for name, entry in node.entries.items()}
