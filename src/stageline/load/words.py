"""How messages name what was found: short, on one line, and safe to print."""

import json
from collections.abc import Iterable
from typing import Final

from stageline.load.nodes import ListNode, Node, ScalarNode

UNQUOTED_EXPRESSION = ("an expression stands here without quotes", 'put the whole value in quotes: "${{ … }}"')
DEPTH: Final = 100
TOO_DEEP = (f"values are nested more than {DEPTH} deep here", "split the file, or use less levels")
SHOWN = 40
_NAMED = 12


def found(node: Node) -> str:
    """What stands here: `a list`, `the text "abc"`, `the number 3`, `nothing`."""
    if not isinstance(node, ScalarNode):
        kind = "list" if isinstance(node, ListNode) else "map"
        return f"a {kind}"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, str):
        return f"the text {quoted(node.value)}"
    if isinstance(node.value, bool):
        return node.text
    return f"the number {shortened(node.text)}"


def quoted(text: str) -> str:
    """The text in double quotes, shortened, with escapes for all that does not print."""
    return "".join(_escaped(one) for one in json.dumps(shortened(text), ensure_ascii=False))


def shortened(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def listed(names: Iterable[str], last: str = "or") -> str:
    """`'a', 'b' or 'c'`; of many only the first."""
    words = [f"'{name}'" for name in names]
    if len(words) > _NAMED:
        words = [*words[:_NAMED], f"{len(words) - _NAMED} more"]
        last = "and"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
