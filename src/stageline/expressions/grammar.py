"""An expression's text to Jinja's syntax tree, with Jinja's own lexer and parser. Nothing is evaluated.

Jinja counts lines only, so tokens carry their offset in place of a line number: `lineno` of every node is an offset.
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
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_VALID_ESCAPES = frozenset("\\'\"abfnrtvxuUN0123\n")
_FOREIGN_SIGNS = {
    "&": "; write `and`",
    "||": "; write `or`",
    "!": "; write `not x` or `x != y`",
    "?": "; write `a if condition else b`",
    "=": "; to compare, write `==`",
    "$": "; a placeholder holds names without `$`",
    "'": "; this quote is not closed",
    '"': "; this quote is not closed",
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
    offset = whole.start
    opened: list[int] = []
    try:
        for _, kind, value in _LEXER.tokeniter(source, None, None, "variable"):
            ends[offset] = offset + len(value)
            if kind == "operator":
                _balance(whole.text, offset, value, opened, ends)
            if kind == "string":
                yield from _string(whole.text, offset, ends[offset], holes)
            else:
                yield offset, kind, value
            offset += len(value)
    except TemplateSyntaxError as error:
        raise TemplateSyntaxError(error.message or "unexpected", offset) from error


def _balance(text: str, offset: int, sign: str, opened: list[int], ends: dict[int, int]) -> None:
    """What is in brackets ends where they close."""
    if sign in ("(", "[", "{"):
        opened.append(offset)
        if len(opened) > MAX_NESTING:
            raise Place(text, offset, offset + 1).error("this expression is nested too deeply")
    elif sign in (")", "]", "}"):
        ends[opened.pop()] = offset + 1


def _string(text: str, start: int, end: int, holes: tuple[Span, ...]) -> Iterator[RawToken]:
    """A quoted text; with placeholders inside it is the pieces and values joined by `~`."""
    inside = [hole for hole in holes if start < hole.start < end]
    if not inside:
        yield start, "string", _quoted(text[start + 1 : end - 1])
        return
    yield start, "operator", "("
    position = start + 1
    for hole in inside:
        yield position, "string", _quoted(text[position : hole.start])
        yield start, "operator", "~"
        yield hole.start + 1, "name", "_"
        yield start, "operator", "~"
        position = hole.end
    yield position, "string", _quoted(text[position : end - 1])
    yield start, "operator", ")"


def _quoted(piece: str) -> str:
    """The piece between quotes, in escapes that Python knows; others, as `\\d` in a pattern, stand for themselves."""
    plain = _ESCAPE.sub(lambda found: found[0] if found[1] in _VALID_ESCAPES else "\\" + found[0], unescape(piece))
    return f"'{plain}'"


def _humane(whole: Place, error: TemplateSyntaxError, ends: dict[int, int]) -> ExpressionError:
    """Jinja's complaint in words that fit an expression alone."""
    start = min(error.lineno, whole.end - 1)
    place = Place(whole.text, start, ends.get(start, start + 1))
    message = error.message or ""
    found = whole.text[place.start : place.end]
    if "end of template" in message or message == "expected name or number":
        return place.error(f"the expression ends too early{_expected(message)}")
    if found[:1] in ("'", '"') and "\\" in found:
        return place.error("this text has a broken backslash escape; a backslash itself is written `\\\\`")
    first = start - (found == "|" == whole.text[start - 1])  # of `||`, Jinja dislikes the second
    advice = next((tip for sign, tip in _FOREIGN_SIGNS.items() if whole.text.startswith(sign, first)), "")
    return place.error(f"unexpected `{found}`{_expected(message)}{advice}")


def _expected(message: str) -> str:
    wanted = re.search(r"(?<!un)expected (?:token )?'(.+?)'(?:,|\.|$)", message)
    if not wanted or "end of print" in wanted[1]:
        return ""
    return f", expected {dict(_TOKEN_NAMES).get(wanted[1], f'`{wanted[1]}`')}"
