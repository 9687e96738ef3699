"""An expression's text to Jinja's syntax tree, with Jinja's own lexer and parser. Nothing is evaluated.

Jinja counts lines only, so its tokens carry their offset in the place of a line number: `lineno` of every node is an offset.
This is the only file that knows the two classes of Jinja that make this possible, `TokenStream` and `Parser`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import TokenStream, get_lexer
from jinja2.parser import Parser

from stageline.expressions.error import ExpressionError, Place
from stageline.expressions.placeholders import Span, unescape

MAX_LENGTH = 20_000
MAX_NESTING = 40

RawToken = tuple[int, str, str]

_PLAIN = Environment(autoescape=False)
_LEXER = get_lexer(_PLAIN)
_ESCAPE = re.compile(r"\\(.)", re.S)
_VALID_ESCAPES = frozenset("\\'\"abfnrtvxuUN0123\n")
_FOREIGN_SIGNS = {
    "&": "; write `and`",
    "||": "; write `or`",
    "!": "; write `not x` or `x != y`",
    "?": "; write `a if condition else b`",
    "=": "; to compare, write `==`",
    "$": "; a placeholder holds names without `$`",
    "`": "; a text stands in single or double quotes",
    "/*": "; there are no comments here",
    "#": "; there are no comments here",
}
_TOKEN_NAMES = (("end of print statement", "the end"), ("end of statement block", "the end"), ("name", "a name"))


@dataclass(frozen=True)
class Syntax:
    """A parsed expression: its tree, and where each token ends by where it begins."""

    tree: nodes.Expr
    ends: dict[int, int] = field(repr=False)


def parse_expression(text: str, start: int, end: int, holes: tuple[Span, ...] = ()) -> Syntax:
    """The tree of `text[start:end]`; each hole stands for a value and becomes the name `_` one after its start."""
    whole = Place(text, start, end)
    if end - start > MAX_LENGTH:
        raise whole.error(f"this expression is longer than {MAX_LENGTH:,} characters")
    if not text[start:end].strip():
        raise whole.error("this expression is empty")
    ends: dict[int, int] = {}
    try:
        parser = Parser(_PLAIN, "")
        parser.stream = TokenStream(_LEXER.wrap(_tokens(whole, holes, ends)), None, None)
        tree = parser.parse_expression()
        if not parser.stream.eos:
            parser.fail("unexpected", parser.stream.current.lineno)
    except TemplateSyntaxError as error:
        raise _humane(whole, error, ends) from error
    except RecursionError as error:
        raise whole.error("this expression is nested too deeply") from error
    except ValueError as error:
        raise whole.error("this expression holds a number with too many digits") from error
    return Syntax(tree, ends)


def _tokens(whole: Place, holes: tuple[Span, ...], ends: dict[int, int]) -> Iterator[RawToken]:
    """Jinja's tokens, with offsets for line numbers. The source is changed only by signs that keep its length."""
    source = whole.text[whole.start : whole.end].replace("\r", " ")
    for hole in holes:
        first, last = hole.start - whole.start, hole.end - whole.start
        source = source[:first] + " _".ljust(last - first) + source[last:]
    offset, depth = whole.start, 0
    try:
        for _, kind, value in _LEXER.tokeniter(source, None, None, "variable"):
            ends[offset] = offset + len(value)
            depth += (value in ("(", "[", "{")) - (value in (")", "]", "}")) if kind == "operator" else 0
            if depth > MAX_NESTING:
                raise Place(whole.text, offset, offset + 1).error("this expression is nested too deeply")
            if kind == "string":
                yield from _string(whole.text, offset, ends[offset], holes)
            else:
                yield offset, kind, value
            offset += len(value)
    except TemplateSyntaxError as error:
        raise TemplateSyntaxError(error.message or "unexpected", offset) from error


def _string(text: str, start: int, end: int, holes: tuple[Span, ...]) -> Iterator[RawToken]:
    """A quoted text; with placeholders inside it is the pieces and values joined by `~`."""
    inside = [hole for hole in holes if start < hole.start < end]
    if not inside:
        yield start, "string", _quoted(text, start, end, text[start + 1 : end - 1])
        return
    yield start, "operator", "("
    position = start + 1
    for hole in inside:
        yield position, "string", _quoted(text, start, end, text[position : hole.start])
        yield start, "operator", "~"
        yield hole.start + 1, "name", "_"
        yield start, "operator", "~"
        position = hole.end
    yield position, "string", _quoted(text, start, end, text[position : end - 1])
    yield start, "operator", ")"


def _quoted(text: str, start: int, end: int, piece: str) -> str:
    """The piece between quotes, in escapes that Python knows: others, such as the `\\d` of a pattern, stand for themselves."""
    plain = _ESCAPE.sub(lambda found: found[0] if found[1] in _VALID_ESCAPES else "\\" + found[0], unescape(piece))
    if re.search(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]", plain):
        raise Place(text, start, end).error("this text holds half of a surrogate pair; write the character itself")
    return f"'{plain}'"


def _humane(whole: Place, error: TemplateSyntaxError, ends: dict[int, int]) -> ExpressionError:
    """Jinja's complaint in words that fit an expression alone."""
    start = min(error.lineno, whole.end - 1)
    place = Place(whole.text, start, ends.get(start, start + 1))
    message = error.message or ""
    found = whole.text[place.start : place.end]
    if "end of template" in message or message.endswith("got 'end of template'") or "'end of template'" in message:
        return place.error(f"the expression ends too early{_expected(message)}")
    if "codec" in message or "escape" in message or "trailing" in message or "truncated" in message:
        return place.error("this text has a broken backslash escape; a backslash itself is written `\\\\`")
    advice = next((tip for sign, tip in _FOREIGN_SIGNS.items() if whole.text.startswith(sign, start)), "")
    return place.error(f"unexpected `{found}`{_expected(message)}{advice}")


def _expected(message: str) -> str:
    wanted = re.search(r"expected (?:token )?'(.+?)'(?:,|\.|$)", message)
    if not wanted or "end of print" in wanted[1]:
        return ""
    return f", expected {dict(_TOKEN_NAMES).get(wanted[1], f'`{wanted[1]}`')}"
