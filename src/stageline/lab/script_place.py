"""Finds the line of the author's Python that a line of a script was written by.

A script is mostly a literal of its stage's function. What stands in braces there can have become anything.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator

import msgspec

from stageline.load.source import Place

_OPENS = re.compile(r"""\s*(?:return\b\s*)?\(?\s*(?:[A-Za-z]{0,2}(?:\"{3}|'{3}|"|'))?\\?\s*""")
_CLOSES = re.compile(r"""\s*(?:\\n)?(?:\"{3}|'{3}|"|')\s*\)?\s*$""")
_PIECES = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]")


class _Line(msgspec.Struct, frozen=True):
    """A line of the function: what it may have written, and the column at which that begins."""

    number: int
    column: int
    text: str

    @property
    def pattern(self) -> str:
        return "".join(map(_pattern, _PIECES.findall(self.text)))


class WrittenLines:
    """The lines of stages' functions; each function is read once."""

    def __init__(self) -> None:
        self._known: dict[Place, list[_Line]] = {}

    def place(self, stage: Place, script: str, line: int, column: int) -> Place | None:
        """Where a place of the script is written; None when no line, or more than one, can have written it.

        Of a line with nothing on it, the one before is meant.
        """
        lines = script.split("\n")
        line = min(line, len(lines))
        while line > 1 and not lines[line - 1].strip():
            line, column = line - 1, len(lines[line - 2])
        said = lines[line - 1].strip()
        if stage not in self._known:
            self._known[stage] = list(_lines(stage))
        exact = [one for one in self._known[stage] if one.text == said]
        found = exact or [one for one in self._known[stage] if one.text and re.fullmatch(one.pattern, said)]
        alike = [at for at, one in enumerate(lines, start=1) if one.strip() == said]
        if len(found) != len(alike):
            return None
        written = found[alike.index(line)]
        return Place(stage.file, written.number, written.column + _inside(written, lines[line - 1], column))


def _lines(stage: Place) -> Iterator[_Line]:
    """The lines of the function at this place, without what makes them Python."""
    linecache.checkcache(stage.file)
    source = linecache.getlines(stage.file)
    for number in _range(source, stage.line):
        line = source[number - 1].rstrip("\n")
        opened = _OPENS.match(line)
        start = opened.end() if opened else 0
        yield _Line(number, start + 1, _CLOSES.sub("", line[start:]).rstrip())


def _range(source: list[str], first: int) -> range:
    """The lines of the function that begins, with its decorators, at this line."""
    try:
        tree = ast.parse("".join(source))
    except (SyntaxError, ValueError):
        return range(0)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            begin = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if begin == first:
                return range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
    return range(0)


def _pattern(piece: str) -> str:
    if piece in ("{{", "}}"):
        return re.escape(piece[0])
    return ".*" if piece.startswith("{") and piece.endswith("}") else re.escape(piece)


def _inside(written: _Line, said: str, column: int) -> int:
    """How far into the line a column of the script is; its beginning, where something was written in before it."""
    far = column - 1 - (len(said) - len(said.lstrip()))
    return far if 0 <= far <= len(written.text.partition("{")[0]) else 0
