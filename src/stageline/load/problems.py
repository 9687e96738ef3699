"""All that is wrong in a load, collected while reading goes on, and raised together in the order of the files.

What is wrong is one sentence, what would be right another; the place and the path come from the node.
"""

from collections.abc import Iterable, Sequence
from typing import TypedDict

import msgspec

from stageline.errors import DocumentError, did_you_mean
from stageline.load.excerpt import excerpt
from stageline.load.nodes import BrokenNode, Node
from stageline.load.path import path_of
from stageline.load.source import Place, Span

LIMIT = 50


class Row(TypedDict):
    """A problem for programs."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str


class Problem(msgspec.Struct, frozen=True):
    """One mistake of the author. `path` is empty when the document as a whole is meant."""

    place: Place
    path: str
    message: str
    hint: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        path = f"{self.path}: " if self.path else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.place}: {path}{self.message}{hint}"

    def row(self) -> Row:
        place = self.place
        return Row(
            file=place.file,
            line=place.line,
            column=place.column,
            path=self.path,
            message=self.message,
            hint=self.hint,
        )


class LoadError(DocumentError):
    """The files cannot be used: every problem that was found, the first ones of a flood, and how many there are."""

    has_places = True

    def __init__(self, problems: Sequence[Problem], total: int | None = None) -> None:
        super().__init__(problems, total)
        self.problems = tuple(problems)
        self.total = len(self.problems) if total is None else total

    def __str__(self) -> str:
        return "\n".join([*map(str, self.problems), *self._rest()])

    def details(self) -> str:
        """The same with the lines of the files, for a terminal."""
        shown = [f"{problem}\n{problem.excerpt}" if problem.excerpt else str(problem) for problem in self.problems]
        return "\n\n".join([*shown, *self._rest()])

    def as_json(self) -> list[Row]:
        """The problems for programs."""
        return [problem.row() for problem in self.problems]

    def _rest(self) -> list[str]:
        more = self.total - len(self.problems)
        return [f"… and {more} more"] if more > 0 else []


class _Found(msgspec.Struct, frozen=True, gc=False):
    span: Span
    message: str
    hint: str
    path: str | None


class Problems:
    """Collects; `raise_any` at the end tells all. The same words at the same place count once."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._found: dict[tuple[str, int, str], _Found] = {}
        self._roots: list[Node] = []

    def __len__(self) -> int:
        return len(self._found)

    def know(self, roots: Iterable[Node]) -> None:
        """The documents in which the paths of problems are looked up."""
        self._roots += roots

    def add(self, where: Span, message: str, hint: str = "", path: str | None = None) -> None:
        """Something is wrong here; the path is that of the node unless one is given."""
        if not isinstance(where, BrokenNode):
            key = (where.source.name, where.start, message)
            self._found.setdefault(key, _Found(where, message, hint, path))

    def suggest(self, name: str, known: Iterable[str]) -> str:
        """The known name that is closest, as a hint; in a flood nobody reads it, so it is not looked for."""
        return "" if len(self._found) >= self._limit else did_you_mean(name, known).removeprefix("; ")

    def error(self) -> LoadError:
        """What was found so far, in the order of the files."""
        ordered = sorted(self._found.values(), key=lambda found: (found.span.source.name, found.span.start))
        return LoadError([self._told(found) for found in ordered[: self._limit]], len(ordered))

    def raise_any(self) -> None:
        """Raise when there is something to tell."""
        if self._found:
            raise self.error()

    def _told(self, found: _Found) -> Problem:
        path = path_of(found.span, self._roots) if found.path is None else found.path
        return Problem(found.span.place, path, found.message, found.hint, excerpt(found.span))
