"""From a place inside a value to its place in the file: the third line of a script, the tenth character of an expression.

Exact for unquoted, quoted and literal (`|`) text; for folded (`>`) text exact but for the blanks between its lines.
"""

import re
from collections.abc import Iterator

from stageline.load.nodes import AliasNode, ScalarNode
from stageline.load.source import Span

_BREAK = re.compile(r"\r\n|\n|\r")
_FOLD = r"(?P<blank>[ \t]++(?:(?:\r\n|[\r\n])[ \t]*+)*+|(?:(?:\r\n|[\r\n])[ \t]*+)++)"
_TOKENS = {
    "": re.compile(_FOLD),
    "'": re.compile(_FOLD + r"|''"),
    '"': re.compile(
        r"(?P<joined>\\(?:\r\n|[\r\n])[ \t]*+(?:(?:\r\n|[\r\n])[ \t]*+)*+)|"
        r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^\r\n])|" + _FOLD
    ),
}


def within(node: ScalarNode, offset: int, length: int = 1) -> Span:
    """The span in the file of `length` characters that stand at `offset` of the scalar's text."""
    if isinstance(node, AliasNode):
        return within(node.anchor, offset, length)
    offset = min(max(offset, 0), len(node.text))
    start = _position(node, offset)
    last = _position(node, min(offset + max(length, 1), len(node.text)) - 1) if length > 1 else start
    return Span(node.source, start, max(start, last) + 1)


def within_line(node: ScalarNode, line: int, column: int = 1) -> Span:
    """The span of a character of the scalar's text, which is told by its line and column there, from 1."""
    lines = node.text.split("\n")
    line = min(max(line, 1), len(lines))
    column = min(max(column, 1), len(lines[line - 1]) + 1)
    return within(node, sum(len(one) + 1 for one in lines[: line - 1]) + column - 1)


def _position(node: ScalarNode, offset: int) -> int:
    if node.style == "|":
        return _in_literal(node, offset)
    if node.style == ">":
        return _in_folded(node, offset)
    return _in_flow(node, offset)


def _in_literal(node: ScalarNode, offset: int) -> int:
    source, lines = node.source, node.text.split("\n")
    first = source.line_number(node.start) + 1
    indent = next((len(source.line(first + i)) - len(line) for i, line in enumerate(lines) if line), 0)
    number = node.text.count("\n", 0, offset)
    column = offset - (node.text.rfind("\n", 0, offset) + 1)
    at = source.offset(min(first + number, len(source.starts)))
    return min(at + indent + column, at + len(source.line(first + number)))


def _in_folded(node: ScalarNode, offset: int) -> int:
    """The file's lines stand in the text as they are, one after the other; only what is between them is folded."""
    position, at = 0, node.start
    for start, line in _content_lines(node):
        found = node.text.find(line, position)
        if found < 0 or found > offset:
            break
        position, at = found, start
        if offset <= found + len(line):
            return start + offset - found
        position, at = found + len(line), start + len(line)
    return at


def _content_lines(node: ScalarNode) -> Iterator[tuple[int, str]]:
    """Where the lines of a folded text begin behind their indentation, and their text."""
    source, position = node.source, 0
    for number in range(source.line_number(node.start) + 1, source.line_number(node.end) + 1):
        line = source.line(number)
        bare = line.lstrip(" ")
        found = node.text.find(bare, position) if bare.strip() else -1
        if found >= 0:
            blanks = 0  # a line that is indented by more keeps what is more
            while blanks < found - position and node.text[found - blanks - 1] == " ":
                blanks += 1
            more = blanks if found - blanks == 0 or node.text[found - blanks - 1] == "\n" else 0
            yield source.offset(number) + len(line) - len(bare) - more, node.text[found - more : found + len(bare)]
            position = found + len(bare)


def _in_flow(node: ScalarNode, offset: int) -> int:
    quote = len(node.style)
    text, end = node.source.text, max(node.end - quote, node.start)
    position, at = 0, node.start + quote
    for token in _TOKENS[node.style].finditer(text, at, end):
        if offset < position + token.start() - at:
            break
        position += token.start() - at
        at = token.start()
        width = _width(token)
        if offset < position + width:
            return at + (offset - position if width == token.end() - at else 0)
        position, at = position + width, token.end()
    return min(at + offset - position, end)


def _width(token: re.Match[str]) -> int:
    """How many characters of the value a stretch of the file makes."""
    groups = token.groupdict()
    if joined := groups.get("joined"):
        return len(_BREAK.findall(joined)) - 1
    if blank := groups.get("blank"):
        breaks = len(_BREAK.findall(blank))
        return max(1, breaks - 1) if breaks else len(blank)
    return 1
