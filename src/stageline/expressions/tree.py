"""Lists and mappings that hold templates, in values and keys: read once, evaluated to new lists and mappings each time.

What is no text stays what it is. An error carries the path to the text that it is about.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from stageline.expressions.error import ExpressionError, Refusal
from stageline.expressions.reference import Reference
from stageline.expressions.template import Template, parse
from stageline.expressions.text import to_text

MAX_DEPTH = 100

TreePath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Leaf:
    path: TreePath
    template: Template


@dataclass(frozen=True, slots=True)
class _Plain:
    value: Any


@dataclass(frozen=True, slots=True)
class _List:
    items: tuple["_Node", ...]


@dataclass(frozen=True, slots=True)
class _Mapping:
    items: tuple[tuple["_Leaf | _Plain", "_Node"], ...]


_Node = _Leaf | _Plain | _List | _Mapping


@dataclass(frozen=True, slots=True)
class Tree:
    """A nested value that has been read."""

    _root: _Node

    @property
    def is_constant(self) -> bool:
        """It has no placeholder anywhere."""
        return all(template.is_constant for _, template in self.templates())

    def templates(self) -> Iterator[tuple[TreePath, Template]]:
        """Every text with the path to it; a key has the path of its value."""
        return _leaves(self._root)

    def references(self) -> tuple[tuple[TreePath, Reference], ...]:
        """The paths that its texts read, each with the place of the text."""
        return tuple((path, found) for path, template in self.templates() for found in template.references())

    def evaluate(self, names: Mapping[str, Any]) -> Any:
        """The value with everything in its place."""
        return _evaluate(self._root, names)


def parse_tree(value: Any, roots: Collection[str] | None = None) -> Tree:
    """Reads all texts of a nested value; the first that is wrong is an ExpressionError with its path."""
    errors: list[ExpressionError] = []
    root = _read(value, (), roots, errors)
    if errors:
        raise errors[0]
    return Tree(root)


def tree_errors(value: Any, roots: Collection[str] | None = None) -> tuple[ExpressionError, ...]:
    """All that is wrong with the texts of a nested value, each with its path."""
    errors: list[ExpressionError] = []
    _read(value, (), roots, errors)
    return tuple(errors)


def evaluate_tree(value: Any, names: Mapping[str, Any]) -> Any:
    """Reads and evaluates at once, for what is used only once."""
    return parse_tree(value).evaluate(names)


def _read(value: Any, path: TreePath, roots: Collection[str] | None, errors: list[ExpressionError]) -> _Node:
    if isinstance(value, str):
        return _leaf(value, path, roots, errors)
    if len(path) > MAX_DEPTH:
        errors.append(
            ExpressionError(f"this value is nested deeper than {MAX_DEPTH} levels, or holds itself", "", 0, 1, path)
        )
    elif isinstance(value, Mapping):
        pairs = []
        for key, item in value.items():
            place = (*path, key if isinstance(key, str | int) else str(key))
            name = _leaf(key, place, roots, errors) if isinstance(key, str) else _Plain(key)
            pairs.append((name, _read(item, place, roots, errors)))
        return _Mapping(tuple(pairs))
    elif isinstance(value, list | tuple):
        return _List(tuple(_read(item, (*path, index), roots, errors) for index, item in enumerate(value)))
    return _Plain(value)


def _leaf(text: str, path: TreePath, roots: Collection[str] | None, errors: list[ExpressionError]) -> _Leaf | _Plain:
    try:
        return _Leaf(path, parse(text, roots))
    except ExpressionError as error:
        errors.append(error.at(path))
        return _Plain(text)


def _leaves(node: _Node) -> Iterator[tuple[TreePath, Template]]:
    match node:
        case _Leaf(path, template):
            yield path, template
        case _List(items):
            for item in items:
                yield from _leaves(item)
        case _Mapping(pairs):
            for key, item in pairs:
                yield from _leaves(key)
                yield from _leaves(item)
        case _Plain():
            pass
        case _:
            assert_never(node)


def _evaluate(node: _Node, names: Mapping[str, Any]) -> Any:
    match node:
        case _Leaf():
            return _text(node, names)
        case _Plain(value):
            return value
        case _List(items):
            return [_evaluate(item, names) for item in items]
        case _Mapping(pairs):
            return _mapping(pairs, names)
        case _:
            assert_never(node)


def _text(leaf: _Leaf, names: Mapping[str, Any]) -> Any:
    try:
        return leaf.template.evaluate(names)
    except ExpressionError as error:
        raise error.at(leaf.path) from error.__cause__


def _mapping(pairs: tuple[tuple[_Leaf | _Plain, _Node], ...], names: Mapping[str, Any]) -> dict[Any, Any]:
    """Keys that come out equal would lose a value: that is an error."""
    mapping: dict[Any, Any] = {}
    for key, item in pairs:
        name = _key(key, names) if isinstance(key, _Leaf) else key.value
        if name in mapping and isinstance(key, _Leaf):
            text = key.template.text
            raise ExpressionError("two keys of this mapping come out equal", text, 0, len(text), key.path)
        mapping[name] = _evaluate(item, names)
    return mapping


def _key(leaf: _Leaf, names: Mapping[str, Any]) -> str:
    """A key is always text, also when it is a lone placeholder."""
    text = leaf.template.text
    value = _text(leaf, names)
    if isinstance(value, Mapping | list | tuple) or value is None:
        raise ExpressionError("a key must be a text or a number", text, 0, len(text), leaf.path)
    try:
        return to_text(value)
    except Refusal as error:
        raise ExpressionError(str(error), text, 0, len(text), leaf.path) from error.__cause__
