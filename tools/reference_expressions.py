"""The tables of the expression language: filters, tests and functions, each with an example that holds."""

from collections.abc import Iterable

from stageline.expressions.filters import FILTERS, FUNCTIONS, TESTS
from tools.reference_words import table


def filters() -> str:
    """All filters."""
    rows = [(f"`{one.name}`", _code(one.arguments), one.summary, _code(one.example)) for one in FILTERS]
    return table(["filter", "arguments", "gives", "example"], rows)


def tests() -> str:
    """All tests."""
    return table(["test", "holds for", "example"], [(f"`{t.name}`", t.summary, _code(t.example)) for t in TESTS])


def functions() -> str:
    """All functions."""
    return table(["function", "arguments", "gives", "example"], _function_rows())


def _function_rows() -> Iterable[tuple[str, str, str, str]]:
    for name, arguments, summary, example in FUNCTIONS:
        yield f"`{name}`", _code(arguments), summary, _code(example)


def _code(text: str) -> str:
    """As code; a bar would end the cell."""
    return "`" + text.replace("|", "\\|").replace("\n", "\\n") + "`" if text else ""
