"""The keys of a map: each stands once, each is text or a single value, and `<<` merges other maps below it.

What is written in the map wins over what is merged, and of several merged maps the earlier one.
"""

import json
from collections.abc import Sequence

from stageline.load.nodes import BrokenNode, Entry, ListNode, MapNode, Node, ScalarNode
from stageline.load.problems import Problems
from stageline.load.source import Span
from stageline.load.words import UNQUOTED_EXPRESSION, found, shortened

MERGE = "<<"


def map_node(span: Span, children: Sequence[Node], problems: Problems) -> MapNode | BrokenNode:
    """The map of keys and values in turn; broken when it is an expression that lacks its quotes."""
    own: dict[str, Entry] = {}
    merges: list[Entry] = []
    for position in range(0, len(children), 2):
        key, value = children[position], children[position + 1]
        if _is_expression(span, key):
            problems.add(span, *UNQUOTED_EXPRESSION)
            return BrokenNode(span.source, span.start, span.end, "", "", None)
        if not isinstance(key, ScalarNode):
            problems.add(key, f"{found(key)} cannot be a key", "write text, or quotes around it")
        elif key.text == MERGE and key.style == "":
            merges.append(Entry(key, value))
        elif not isinstance(key, BrokenNode):
            name = key_name(key)
            first = own.setdefault(name, entry := Entry(key, value))
            if first is not entry:
                _refuse_twice(key, first.key, problems)
    entries = {**_merged(merges, problems), **own} if merges else own
    return MapNode(span.source, span.start, span.end, entries)


def key_name(key: ScalarNode) -> str:
    """A key as JSON writes it: the number 0x10 is the key "16"."""
    return key.value if isinstance(key.value, str) else json.dumps(key.value)


def _merged(merges: Sequence[Entry], problems: Problems) -> dict[str, Entry]:
    for further in merges[1:]:
        _refuse_twice(further.key, merges[0].key, problems)
    value = merges[0].value
    entries: dict[str, Entry] = {}
    for node in reversed(value.items if isinstance(value, ListNode) else (value,)):
        if isinstance(node, MapNode):
            entries = {**entries, **node.entries}
        else:
            message = f"<< merges a map or a list of maps, and this is {found(node)}"
            problems.add(node, message, 'write "<<" in quotes when it is a key like others')
    return entries


def _refuse_twice(key: ScalarNode, first: ScalarNode, problems: Problems) -> None:
    place = first.place
    alike = (key.text, type(key.value)) == (first.text, type(first.value))
    same = "" if alike else f", as {found(first)}, which is the same key"
    message = f"the key '{shortened(key.text)}' stands twice; the first is at {place.line}:{place.column}{same}"
    problems.add(key, message, "keep one of them")


def _is_expression(span: Span, key: Node) -> bool:
    return isinstance(key, MapNode) and key.start == span.start + 1 and span.source.text.startswith("{{", span.start)
