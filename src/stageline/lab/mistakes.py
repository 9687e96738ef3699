"""All that is wrong in a definition, collected while resolving goes on, and raised together in the order of the files.

What could not be made is `None` from then on: its mistake is told, and what follows from it is not told again.
"""

import linecache
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TypeVar

from stageline.errors import InternalError, MissingDependency, StagelineError, did_you_mean
from stageline.lab.place import of_error
from stageline.load.excerpt import excerpt
from stageline.load.problems import LIMIT, LoadError, Problem
from stageline.load.source import Place, Source, Span

T = TypeVar("T")
GOING_ON = (LoadError, MissingDependency, InternalError)


class Mistakes:
    """Collects; `raise_any` at the end tells all. The same words at the same place count once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Place, str, str], Problem] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(self, place: Place, path: str, message: str, hint: str = "") -> None:
        """Something is wrong here. `path` names the stage or run and the part of it that is meant."""
        self._found.setdefault((place, path, message), Problem(place, path, message, hint))

    def suggest(self, name: str, known: Iterable[str]) -> str:
        """The known name that is closest, as a hint."""
        return did_you_mean(name, known).removeprefix("; ")

    def call(self, path: str, place: Place, function: Callable[..., T], *args: Any, **named: Any) -> tuple[T] | None:
        """What the user's function gives back, alone in a tuple; what it raises is a mistake where it was raised."""
        with _Asking(self, path, place):
            return (function(*args, **named),)
        return None

    def raise_any(self) -> None:
        """Raise when there is something to tell."""
        if self._found:
            ordered = sorted(self._found.values(), key=lambda problem: problem.place)
            raise LoadError([_with_excerpt(problem) for problem in ordered[:LIMIT]], len(ordered))


class _Asking:
    """While the user's text runs: what it raises, or that it ends the program, is a mistake of that text.

    Errors that have their places, a missing program and Ctrl-C go on.
    """

    def __init__(self, mistakes: Mistakes, path: str, place: Place) -> None:
        self._mistakes = mistakes
        self._path = path
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if not isinstance(error, Exception | SystemExit) or isinstance(error, GOING_ON):
            return False
        hint = "a file that is built defines a Lab and goes on" if isinstance(error, SystemExit) else ""
        self._mistakes.add(of_error(error, self._place), self._path, told(error), hint)
        return True


def told(error: BaseException) -> str:
    """An exception in words: its message, and its class where that says more."""
    if isinstance(error, StagelineError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"the program is ended here, with {error.code!r}"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    words = error.args[0] if isinstance(error, KeyError) and error.args else error
    return f"{type(error).__name__}: {words}"


def _with_excerpt(problem: Problem) -> Problem:
    place = problem.place
    linecache.checkcache(place.file)
    source = Source(place.file, "".join(linecache.getlines(place.file)))
    if not source.line(place.line).strip():
        return problem
    start = source.offset(place.line, place.column)
    return Problem(place, problem.path, problem.message, problem.hint, excerpt(Span(source, start, start + 1)))
