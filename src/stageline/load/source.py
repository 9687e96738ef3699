"""One file's text and where its characters stand: lines and columns are counted from 1, columns in characters.

A node keeps only offsets; its place is computed when somebody asks, so that what is never reported costs nothing.
"""

import re
from bisect import bisect_right
from functools import cached_property

import msgspec

_BREAK = re.compile(r"\r\n|\n|\r")


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something stands."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Source(msgspec.Struct, frozen=True, eq=False, dict=True):
    """The text of one file under the name by which its reader knows it."""

    name: str
    text: str

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The offset at which each line begins."""
        return (0, *(found.end() for found in _BREAK.finditer(self.text)))

    def line_number(self, offset: int) -> int:
        """The number of the line that holds this offset."""
        return bisect_right(self.starts, offset)

    def place(self, offset: int) -> Place:
        """The place of a character; offsets beyond the text are its end."""
        offset = min(max(offset, 0), len(self.text))
        line = self.line_number(offset)
        return Place(self.name, line, offset - self.starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """A line without its break; there is nothing on a line that does not exist."""
        if not 0 < number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")

    def offset(self, line: int, column: int = 1) -> int:
        """The offset of a place in this text."""
        return self.starts[line - 1] + column - 1


class Span(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A stretch of a file: all that can be pointed at is one."""

    source: Source
    start: int
    end: int

    @property
    def place(self) -> Place:
        return self.source.place(self.start)
