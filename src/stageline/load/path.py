"""Where in its document a node stands, in words: `stages[2].bash`, `jobs."a b".stages[0]`.

Found from the node's offset when it is asked for, so that reading carries no paths along. What was brought in by an
alias is named by the place where it was written.
"""

import re
from collections.abc import Iterable

from stageline.load.nodes import Entry, ListNode, MapNode, Node
from stageline.load.source import Span
from stageline.load.words import quoted

_NAME = re.compile(r"[^\W\d][\w-]*")


def path_of(span: Span, roots: Iterable[Node]) -> str:
    """The path of the deepest node that holds the span; empty for a document itself, or when none holds it."""
    holding = (root for root in roots if root.source is span.source and _holds(root.start, root, span))
    steps: list[str] = []
    node = next(holding, None)
    while node is not None and (node.start, node.end) != (span.start, span.end):
        node = _step(node, span, steps)
    return "".join(steps).removeprefix(".")


def key_step(name: str) -> str:
    """A key as it stands in a path."""
    return f".{name}" if _NAME.fullmatch(name) else f".{quoted(name)}"


def _step(node: Node, span: Span, steps: list[str]) -> Node | None:
    if isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            if _holds(item.start, item, span):
                steps.append(f"[{index}]")
                return item
    elif isinstance(node, MapNode):
        holding = [entry for entry in node.entries.values() if _holds(entry.key.start, _end(entry), span)]
        if holding:  # a map that was merged in may stand inside of a value of this one
            entry = min(holding, key=lambda entry: entry.key.start)
            steps.append(key_step(entry.key.text))
            return entry.value if _holds(entry.value.start, entry.value, span) else None
    return None


def _end(entry: Entry) -> Span:
    return entry.value if entry.value.end >= entry.key.end and entry.value.start >= entry.key.start else entry.key


def _holds(start: int, last: Span, span: Span) -> bool:
    return start <= span.start < last.end or span.start in (start, last.start)
