"""What a schema expects of a value. A wrong one is reported with what was found and what would be right, and is None.

So `None` always means that the problem is told; reading goes on and finds the next one.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TypeAlias, TypeVar

from stageline.load.nodes import ListNode, MapNode, Node, ScalarNode
from stageline.load.problems import Problems
from stageline.load.scalars import ScalarRefused, resolve
from stageline.load.syntax import GLUED
from stageline.load.words import SHOWN, found, listed, quoted

Number: TypeAlias = int | float
_T = TypeVar("_T")
_TRUTH = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def expect_mapping(node: Node, problems: Problems) -> MapNode | None:
    """Keys and values."""
    if isinstance(node, MapNode):
        return node
    hint = "write keys below it: 'key: value'"
    if isinstance(node, ScalarNode) and (glued := GLUED.fullmatch(node.text)):
        hint = f"a blank is missing after the colon: write {quoted(f'{glued[1]}: {glued[2]}')}"
    wrong(node, problems, "a map", hint)
    return None


def expect_list(node: Node, problems: Problems) -> ListNode | None:
    """Items."""
    if isinstance(node, ListNode):
        return node
    wrong(node, problems, "a list", "write items below it: '- item'")
    return None


def expect_list_of(
    node: Node, problems: Problems, expect: Callable[[Node, Problems], _T | None]
) -> tuple[_T, ...] | None:
    """Items that are each as expected; those that are not are left out."""
    items = expect_list(node, problems)
    if items is None:
        return None
    return tuple(item for each in items.items if (item := expect(each, problems)) is not None)


def expect_str(node: Node, problems: Problems, as_written: bool = False) -> str | None:
    """Text; `as_written` also takes a number or a truth value as it stands in the file, so `3.10` is "3.10"."""
    if isinstance(node, ScalarNode):
        if isinstance(node.value, str):
            return node.value
        if as_written and node.value is not None:
            return node.text
    wrong(node, problems, "a text", _in_quotes(node))
    return None


def expect_int(node: Node, problems: Problems, minimum: int | None = None, maximum: int | None = None) -> int | None:
    """A whole number; the bounds are among what is allowed."""
    if isinstance(node, ScalarNode) and type(node.value) is int and _between(node.value, minimum, maximum):
        return node.value
    wrong(node, problems, f"a whole number{_range(minimum, maximum)}", _without_quotes(node, int))
    return None


def expect_number(
    node: Node, problems: Problems, minimum: Number | None = None, maximum: Number | None = None
) -> Number | None:
    """A number; the bounds are among what is allowed."""
    if isinstance(node, ScalarNode) and type(node.value) in (int, float):
        value = node.value
        if isinstance(value, int | float) and _between(value, minimum, maximum):
            return value
    wrong(node, problems, f"a number{_range(minimum, maximum)}", _without_quotes(node, int, float))
    return None


def expect_bool(node: Node, problems: Problems) -> bool | None:
    """`true` or `false`."""
    if isinstance(node, ScalarNode) and isinstance(node.value, bool):
        return node.value
    meant = _TRUTH.get(node.text.lower()) if isinstance(node, ScalarNode) else None
    wrong(node, problems, "true or false", f"write {meant}" if meant else _without_quotes(node, bool))
    return None


def choice(node: Node, problems: Problems, known: Collection[str]) -> str | None:
    """One of the known words."""
    if isinstance(node, ScalarNode) and node.text in known and node.value is not None:
        return node.text
    hint = problems.suggest(node.text, known) if isinstance(node, ScalarNode) else ""
    wrong(node, problems, listed(known), hint)
    return None


def wrong(node: Node, problems: Problems, right: str, hint: str = "") -> None:
    """Report that something else is right here than what was found."""
    problems.add(node, f"expected {right}, found {found(node)}", hint)


def _in_quotes(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        return ""
    return f"write {quoted(node.text)}, in quotes" if node.text else 'write "" for an empty text'


def _without_quotes(node: Node, *kinds: type) -> str:
    """A number or a truth value that is written in quotes is one without them."""
    if isinstance(node, ScalarNode) and node.style in ("'", '"') and len(node.text) <= SHOWN:
        with suppress(ScalarRefused):
            if type(resolve(node.text)) in kinds:
                return f"write {node.text} without quotes"
    return ""


def _between(value: Number, minimum: Number | None, maximum: Number | None) -> bool:
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _range(minimum: Number | None, maximum: Number | None) -> str:
    if minimum is None:
        return "" if maximum is None else f" of at most {maximum}"
    return f" of at least {minimum}" if maximum is None else f" from {minimum} to {maximum}"
