"""What is wrong with an expression, and where in its text.

A `Refusal` says why a value cannot be used so; whoever knows the place makes an `ExpressionError` of it. Messages name
kinds of values and keys, never a value: it may be a secret.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from stageline.errors import DocumentError

MAX_SHOWN = 100

# What the standard library and Jinja's filters raise when they are given what they cannot work on.
FOREIGN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Refusal(Exception):
    """A value cannot be used in this way; the message says why and what would be right."""


class ExpressionError(DocumentError):
    """An expression cannot be read or evaluated: from offset `start` to `end` in `text`, at `path` in a tree."""

    def __init__(self, message: str, text: str, start: int, end: int, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message, text, start, end, path)
        self.message = message
        self.text = text
        self.start = start
        self.end = end
        self.path = path

    @property
    def line(self) -> int:
        """The line within `text`, from 1."""
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """The column within that line, from 1."""
        return self.start - self.text.rfind("\n", 0, self.start)

    def at(self, path: tuple[str | int, ...]) -> "ExpressionError":
        """The same error, at this path of a tree."""
        return type(self)(self.message, self.text, self.start, self.end, path)

    def __str__(self) -> str:
        place = f" (line {self.line}, column {self.column})" if "\n" in self.text else ""
        owner = ".".join(map(str, self.path)) + ": " if self.path else ""
        return f"{owner}{self.message}{place}\n{_shown(self)}"


class Place(NamedTuple):
    """A part of an expression's text."""

    text: str
    start: int
    end: int

    def error(self, message: str) -> ExpressionError:
        return ExpressionError(message, self.text, self.start, max(self.end, self.start + 1))

    def attempt(self, what: str, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """The result of the call; what it refuses, and what it cannot do, become an error at this place."""
        try:
            return call(*args, **named)
        except ExpressionError:
            raise
        except Refusal as error:
            raise self.error(str(error)) from (error.__cause__ or error)
        except RecursionError as error:
            raise self.error(f"{what}: nested too deeply, or a value that holds itself") from error
        except FOREIGN as error:
            raise self.error(f"{what} {reason(error)}") from error


def reason(error: BaseException) -> str:
    """Why a foreign call failed, without its text: that may hold values."""
    match error:
        case ZeroDivisionError():
            return "divides by zero"
        case OverflowError() | MemoryError():
            return "gives a result that is too large"
        case AttributeError() | TypeError():
            return "cannot work on values of these kinds"
        case _:
            return "cannot work on this value"


def _shown(error: ExpressionError) -> str:
    """The line of the text that has the place, and carets below the place."""
    first = error.start - error.column + 1
    line = error.text[first:].split("\n", 1)[0]
    skipped = max(0, min(error.column - 1 - MAX_SHOWN // 2, len(line) - MAX_SHOWN))
    before, after = ("…" if skipped else ""), ("…" if skipped + MAX_SHOWN < len(line) else "")
    part = line[skipped : skipped + MAX_SHOWN]
    visible = "".join(
        sign if sign.isprintable() else " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}" for sign in part
    )
    indent = len(before) + error.column - 1 - skipped
    carets = max(1, min(error.end - error.start, len(part) + len(before) - indent))
    return f"  {before}{visible}{after}\n  {' ' * indent}{'^' * carets}"
