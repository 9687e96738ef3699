"""A text with placeholders `${{ … }}`: read once, evaluated many times against names that are handed in.

A lone placeholder keeps the type of its value; among other text values become text. What is inserted is not searched.
Nothing is cached: keep the Template. Jinja is imported with the first placeholder that is more than a path.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stageline.expressions.error import Place
from stageline.expressions.lookup import Evaluate, walk
from stageline.expressions.placeholders import OPEN, Span, find_placeholders, unescape
from stageline.expressions.reference import Reference, check_roots
from stageline.expressions.text import to_text

MAX_KEYS = 20

_PATH = re.compile(r"[ \t\n]{0,80}([A-Za-z_][A-Za-z0-9_]{0,80}(?:\.[A-Za-z_][A-Za-z0-9_]{0,80})*)[ \t\n]{0,80}")
_WORDS_OF_JINJA = frozenset(
    ("true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else")
)


class Placeholder(NamedTuple):
    """One compiled placeholder."""

    evaluate: Evaluate
    place: Place

    def text(self, names: Mapping[str, Any]) -> str:
        """Its value as it stands among other text."""
        value = self.evaluate(names)
        return value if type(value) is str else str(self.place.attempt("this value", to_text, value))


@dataclass(frozen=True, slots=True)
class Template:
    """A text that has been read; two are equal when their texts are."""

    text: str
    _pieces: tuple[str | Placeholder, ...] = field(repr=False, compare=False)
    _references: tuple[Reference, ...] = field(repr=False, compare=False)

    @property
    def is_constant(self) -> bool:
        """It has no placeholder: it evaluates to the same text whatever the names are."""
        return not any(isinstance(piece, Placeholder) for piece in self._pieces)

    def references(self) -> tuple[Reference, ...]:
        """The paths that it reads, in the order of the text."""
        return self._references

    def evaluate(self, names: Mapping[str, Any]) -> Any:
        """The value of a lone placeholder as it is, not copied; else the text with all values inserted."""
        first = self._pieces[0]
        try:
            if len(self._pieces) == 1:
                return first if isinstance(first, str) else first.evaluate(names)
            return "".join([piece if isinstance(piece, str) else piece.text(names) for piece in self._pieces])
        except RecursionError as error:
            raise Place(self.text, 0, len(self.text)).error("this expression is nested too deeply") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return parse, (self.text,)


def parse(text: str, roots: Collection[str] | None = None) -> Template:
    """Reads a text; what is wrong with it, or begins with none of `roots`, is an ExpressionError."""
    if OPEN not in text:
        return Template(text, (text,), ())
    pieces: list[str | Placeholder] = []
    references: list[Reference] = []
    position = 0
    for span in find_placeholders(text):
        if position < span.start:
            pieces.append(unescape(text[position : span.start]))
        evaluate, found = _compile(text, span)
        pieces.append(Placeholder(evaluate, Place(text, *span)))
        references += found
        position = span.end
    if position < len(text):
        pieces.append(unescape(text[position:]))
    references.sort(key=lambda reference: reference.start)
    check_roots(text, references, roots)
    return Template(text, tuple(pieces), tuple(references))


def _compile(text: str, span: Span) -> tuple[Evaluate, list[Reference]]:
    match = _PATH.fullmatch(text, *span.inner)
    keys = tuple(match[1].split(".")) if match else ()
    if match is None or keys[0] in _WORDS_OF_JINJA or len(keys) > MAX_KEYS:
        from stageline.expressions.compiler import compile_value

        return compile_value(text, *span.inner)
    return _compile_path(text, keys, match.start(1))


def _compile_path(text: str, keys: tuple[str, ...], start: int) -> tuple[Evaluate, list[Reference]]:
    """A plain path needs no grammar: it is the same walk that the compiler makes of it."""
    places = []
    position = start
    for key in keys:
        places.append((position, position + len(key)))
        position += len(key) + 1
    return walk(text, keys, tuple(places)), [Reference(keys, start, position - 1)]
