"""The line of a file that is wrong, with carets below it; a terminal shows them one below the other.

Nothing of the file reaches the terminal as a command: what does not print is shown as a replacement character.
"""

import unicodedata

from stageline.load.source import Span

WIDTH = 110
_BEFORE = 60  # how much of a long line stands before the carets


def excerpt(span: Span) -> str:
    """The span's first line with its number, and carets below the span."""
    source, place = span.source, span.place
    line = source.line(place.line)
    before = place.column - 1
    end = min(len(line), max(before + span.end - span.start, before + 1))
    under = line[before:end].rstrip() or " "
    first = max(0, before - _BEFORE) if len(line) > WIDTH else 0
    shown = line[first : first + WIDTH]
    carets = _blank(line[first:before]) + "^" * sum(map(_cells, under[: WIDTH - (before - first)]))
    number = f"{place.line:>5}"
    return f"{number} | {printable(shown)}\n{' ' * len(number)} | {carets}"


def printable(text: str) -> str:
    """The text with all that a terminal might obey replaced; tabs stay."""
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    return character if character == "\t" or character.isprintable() else "\N{REPLACEMENT CHARACTER}"


def _blank(text: str) -> str:
    """What takes the same room as the text and shows nothing."""
    return "".join("\t" if one == "\t" else " " * _cells(one) for one in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
