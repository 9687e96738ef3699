"""Where the placeholders of a text are: from `${{` to the first `}}` outside quotes and outside a mapping's braces.

`$${{` is a literal `${{`. `${X}`, `$X` and a lone `}}` are plain text. Values are inserted later, and never searched.
"""

import re
from typing import NamedTuple

from stageline.expressions.error import ExpressionError, Place

OPEN, ESCAPED = "${{", "$${{"

_START = re.compile(r"\$\$\{\{|\$\{\{")
_INSIDE = re.compile(r"'[^'\\]*+(?:\\.[^'\\]*+)*+'|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"|['\"{}]", re.DOTALL)


class Span(NamedTuple):
    """One placeholder: offsets of its `${{` and of the end of its `}}`."""

    start: int
    end: int

    @property
    def inner(self) -> tuple[int, int]:
        return self.start + len(OPEN), self.end - 2


def find_placeholders(text: str) -> tuple[Span, ...]:
    """The placeholders of the text in order; one that is not closed is an error."""
    spans: list[Span] = []
    position = 0
    while match := _START.search(text, position):
        position = match.end()
        if match.group() == OPEN:
            position = _end(text, match.start())
            spans.append(Span(match.start(), position))
    return tuple(spans)


def unescape(text: str) -> str:
    """Literal text between placeholders, as the author meant it."""
    return text.replace(ESCAPED, OPEN)


def _end(text: str, start: int) -> int:
    position = start + len(OPEN)
    braces: list[int] = []
    mapping: int | None = None
    while match := _INSIDE.search(text, position):
        position = match.end()
        match match.group():
            case "{":
                mapping = match.start()
                braces.append(mapping)
            case "}" if braces:
                braces.pop()
            case "}" if text.startswith("}", position):
                return position + 1
            case "'" | '"':
                break
            case _:
                pass
    raise _unclosed(text, start, match, braces[-1] if braces else mapping)


def _unclosed(text: str, start: int, quote: re.Match[str] | None, mapping: int | None) -> ExpressionError:
    if quote is not None:
        return Place(text, *quote.span()).error(f"the text that begins here has no closing {quote.group()}")
    if mapping is not None:
        message = "this mapping is not closed: it needs its own `}` before the `}}` of the placeholder"
        return Place(text, mapping, mapping + 1).error(message)
    message = "this placeholder is not closed: `}}` is missing (a literal `${{` is written `$${{`)"
    return Place(text, start, start + len(OPEN)).error(message)
