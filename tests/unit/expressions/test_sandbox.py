"""What an expression cannot do: reach Python, call what it likes, change values, or eat the machine."""

import dataclasses
import re
from datetime import date
from typing import Any, NamedTuple

import pytest

from stageline.expressions import ExpressionError, parse


class Point(NamedTuple):
    x: int


@dataclasses.dataclass
class Loaded:
    name: str
    _secret: str = "s"

    @property
    def danger(self) -> str:
        raise AssertionError("never read")

    def run(self) -> str:
        raise AssertionError("never called")


def never() -> None:
    raise AssertionError("never called")


NAMES: dict[str, Any] = {
    "s": "text",
    "l": [1, 2],
    "m": {"a": 1},
    "f": never,
    "o": Loaded("n"),
    "p": Point(1),
    "d": date(2024, 1, 31),
    "r": re.compile("a"),
}


def value(text: str) -> Any:
    return parse(f"${{{{ {text} }}}}").evaluate(NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "''.__class__.__mro__",
        "''['__class__']",
        "s['upper']",
        "m.__class__",
        "f.__globals__",
        "f.__code__",
        "f()",
        "m['f']()",
        "s.upper.__self__",
        "s.upper()()",
        "(f)()",
        "[f][0]()",
        "o.run()",
        "o.run",
        "o.danger",
        "o._secret",
        "p._replace(x=2)",
        "p._asdict()",
        "d.__reduce__()",
        "d.replace(year=1)",
        "r.pattern",
        "r.sub('a', 'b')",
        "s.format(s)",
        "s.format_map(m)",
        "s.encode()",
        "'{0.__class__}' | format(s)",
        "l.append(3)",
        "m.update(m)",
        "m.pop('a')",
        "m | attr('__class__')",
        "[s] | map(attribute='__class__')",
        "[s] | map('attr', '__class__')",
        "[o] | map(attribute='danger')",
        "[f] | map('__call__')",
        "l | random",
        "s | pprint",
        "s | safe",
        "self",
        "lipsum()",
        "cycler('a')",
        "namespace(a=1)",
        "dict(a=1)",
        "joiner()",
        "caller()",
        "f is callable",
        "none.__class__",
        "range.__class__",
        "true.__class__",
        "(1).__class__",
        "1.0.real",
    ],
)
def test_it_cannot(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)


def test_declared_fields_of_records_can_be_read() -> None:
    assert value("o.name ~ p.x ~ p[0] ~ d.year") == "n112024"


def test_values_are_not_changed() -> None:
    before = {"l": [3, 1, 2], "m": {"b": 1}}
    parse("${{ l | sort }} ${{ l + l }} ${{ m.items() }} ${{ l | reverse }}").evaluate(before)
    assert before == {"l": [3, 1, 2], "m": {"b": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "'a' * 10**9",
        "10**9 * 'a'",
        "[1] * 10**9",
        "[[1] * 1000] * 100000",
        "[['a' * 10**6] * 10] * 10",
        "2 ** (10 ** 9)",
        "2 ** -(10 ** 9)",
        "10 ** 10 ** 10 ** 10 ** 10",
        "(10 ** 3000) * (10 ** 3000) * (10 ** 3000)",
        "10.0 ** 1000",
        "(-8) ** 0.5",
        "range(10**9)",
        "range(10**30)",
        "range(0, -(10**9), -1)",
        "s.center(10**9)",
        "s.ljust(10**9)",
        "s.zfill(10**9)",
        "s | center(10**9)",
        "s | indent(10**9)",
        "s | wordwrap(0)",
        "('a' * 10**6).replace('', 'b' * 10**6)",
        "('a' * 10**6) | replace('a', 'b' * 10**6)",
        "('a' * 10**6).join(range(10**4))",
        "range(10**4) | join('a' * 10**6)",
        "range(10**5) | map('center', 10**4)",
        "l | batch(10**9)",
        "l | slice(10**9)",
        "'%1000000000d' | format(1)",
        "'%*d' | format(10**9, 1)",
        "'%.1000000000f' | format(1)",
        "1 | fmt('1000000000d')",
        "1.0 | fmt('.1000000000f')",
        "5 | round(-(10**9))",
        "5 | round(10**9, 'ceil')",
        "[l] | sum(start=[])",
        "l | json(10**9)",
    ],
)
def test_what_would_be_huge_is_refused_before_it_is_made(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)


def test_a_value_that_holds_itself_is_an_error() -> None:
    endless: list[Any] = []
    endless.append(endless)
    another: list[Any] = []
    another.append(another)
    for text in ("${{ x }}.", "${{ x | json }}", "${{ x == y }}"):
        with pytest.raises(ExpressionError):
            parse(text).evaluate({"x": endless, "y": another})


def test_the_limits_do_not_depend_on_who_calls() -> None:
    assert value("(" * 40 + "1" + ")" * 40) == 1
    with pytest.raises(ExpressionError, match="nested too deeply"):
        value("(" * 41 + "1" + ")" * 41)
    with pytest.raises(ExpressionError, match="longer than 20,000 characters"):
        value("'" + "x" * 20_000 + "'")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 10_000 + ")" * 10_000,
        "[" * 5_000 + "]" * 5_000,
        "not " * 5_000 + "a",
        "-" * 10_000 + "1",
        "1" + " + 1" * 4_000,
        "a" + ".b" * 9_000,
        "a" + "[0]" * 6_000,
        "a" + " if a else a" * 1_000,
        "a" + " | upper" * 2_000,
        "9" * 19_000,
        "x" * 10_000_000,
    ],
)
def test_what_is_too_long_or_too_deep_is_an_error(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(f"${{{{ {text} }}}}").evaluate({})
