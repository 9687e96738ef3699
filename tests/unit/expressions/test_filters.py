"""The filters and tests: every documented example holds, and what they refuse."""

import shlex
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from stageline.expressions import ExpressionError, parse
from stageline.expressions.filters import FILTERS, FUNCTIONS, TESTS
from stageline.expressions.methods import METHODS

EXAMPLES = [
    *(item.example for item in FILTERS),
    *(item.example for item in TESTS),
    *(example for *_, example in FUNCTIONS),
]


def value(text: str, **names: Any) -> Any:
    return parse(f"${{{{ {text} }}}}").evaluate(names)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_documented_example_holds(example: str) -> None:
    assert value(example, params={}) is True


@pytest.mark.parametrize("item", FILTERS, ids=lambda item: item.name)
def test_an_example_shows_its_own_filter(item: Any) -> None:
    assert f"| {item.name}" in item.example
    assert item.arguments == "" or item.arguments.startswith("(")
    assert item.summary


def test_jinjas_own_names_of_arguments_are_kept() -> None:
    assert value("'' | default(default_value='d', boolean=true)") == "d"
    assert value("'xax' | trim(chars='x') | center(width=3) | indent(width=1, first=true)") == "  a "
    assert value("[1] | batch(linecount=2, fill_with=0)") == [[1, 0]]
    assert value("[1, 2] | join(d='-')") == "1-2"
    assert value("'a b c' | truncate(length=4, killwords=true, end='.', leeway=0)") == "a b."
    assert value("[{'n': 2}, {'n': 1}] | sort(attribute='n', reverse=false) | map(attribute='n')") == [1, 2]


def test_names_are_sorted_and_stand_once() -> None:
    names = [item.name for item in FILTERS]
    assert names == sorted(set(names))
    assert len({item.name for item in TESTS}) == len(TESTS)


@pytest.mark.parametrize(
    ("given", "form", "written"),
    [
        (date(2024, 1, 31), "%Y%m%d", "20240131"),
        (datetime(2024, 1, 31, 12, 5, tzinfo=UTC), "%H:%M", "12:05"),
        (time(7, 30), "%H", "07"),
        ("2024-01-31", "%d.%m.%Y", "31.01.2024"),
        ("2024-01-31T12:05:00", "%H", "12"),
        (1234.5, ",.2f", "1,234.50"),
        (0.256, ".1%", "25.6%"),
        (7, "03d", "007"),
        (Decimal("1.5"), ".2f", "1.50"),
        ("a", ">3", "  a"),
    ],
)
def test_fmt_writes_dates_numbers_and_texts(given: Any, form: str, written: str) -> None:
    assert value("x | fmt(form)", x=given, form=form) == written


@pytest.mark.parametrize(
    ("given", "form"), [("no date", "%Y"), (1, "%Y"), (1, "zz"), (None, "d"), (True, "d"), (1, 3), ([1], "d")]
)
def test_fmt_refuses_what_has_no_such_format(given: Any, form: Any) -> None:
    with pytest.raises(ExpressionError):
        value("x | fmt(form)", x=given, form=form)


@pytest.mark.parametrize("given", ["", "a", "a b", "it's", "$HOME; rm -rf /", "a\nb", "*", "\\", "ä", '"'])
def test_quote_makes_one_word_of_bash(given: str) -> None:
    assert shlex.split(value("x | quote", x=given)) == [given]


def test_quote_makes_a_word_of_every_item() -> None:
    assert shlex.split(value("x | quote", x=["a b", 1, True, "c'd"])) == ["a b", "1", "true", "c'd"]
    assert value("x | quote", x=[]) == ""
    with pytest.raises(ExpressionError, match="NUL"):
        value("x | quote", x="\0")


def test_a_text_that_is_no_number_does_not_become_zero() -> None:
    for name in ("int", "float"):
        with pytest.raises(ExpressionError, match="not a"):
            value(f"x | {name}", x="many")
        assert value(f"x | {name}(-1)", x="many") == -1
    assert value("x | int", x=" 42 ") == 42
    assert value("x | int", x="4.9") == 4
    assert value("x | int(0, 16)", x="ff") == 255
    with pytest.raises(ExpressionError):
        value("x | int", x=float("inf"))
    with pytest.raises(ExpressionError):
        value("x | int", x=Decimal("1E+1000000000"))


def test_getitem_reads_keys_positions_and_says_what_is_there() -> None:
    assert value("m | getitem(1)", m={1: "a"}) == "a"
    assert value("m | getitem(-1)", m=[1, 2]) == 2
    assert value("m | getitem('x', none)", m={}) is None
    with pytest.raises(ExpressionError, match="did you mean 'name'"):
        value("m | getitem('nam')", m={"name": 1})


def test_coalesce_takes_the_first_that_is_there_and_not_null() -> None:
    assert value("a | coalesce(b, c, d)", a=None, c=0, d=1) == 0
    assert value("a.x.y | coalesce(none)", a={}) is None


def test_json_goes_there_and_back() -> None:
    assert value("x | json", x={"a": [1, None, "ü"]}) == '{"a": [1, null, "ü"]}'
    assert value("x | json | from_json == x", x={"a": [1, 1.5, None, "ü"]})
    assert value("x | json(2)", x=[1]) == "[\n  1\n]"
    for text in ("{", "NaN", "", "[" * 100_000):
        with pytest.raises(ExpressionError):
            value("x | from_json", x=text)
    with pytest.raises(ExpressionError, match="reads a text"):
        value("x | from_json", x=1)


def test_filters_on_lists_give_whole_lists() -> None:
    rows = [{"n": 2, "k": "b"}, {"n": 1, "k": "a"}, {"n": 3, "k": "b"}]
    assert value("r | sort(attribute='n') | map(attribute='k')", r=rows) == ["a", "b", "b"]
    assert value("r | selectattr('n', 'gt', 1) | map(attribute='n') | sum", r=rows) == 5
    assert value("r | groupby('k') | map(attribute='grouper')", r=rows) == ["a", "b"]
    assert value("(r | groupby('k'))[1].list | length", r=rows) == 2
    assert value("r | map(attribute='x', default=0) | unique", r=rows) == [0]
    assert value("r | map(attribute='n') | map('string') | join('-')", r=rows) == "2-1-3"
    assert value("r | sum(attribute='n')", r=rows) == 6
    assert value("[[1, 2], [3]] | map('reverse')") == [[2, 1], [3]]
    assert value("r | join(', ', attribute='k')", r=rows) == "b, a, b"


def test_filters_on_text_write_what_is_no_text() -> None:
    assert value("true | upper") == "TRUE"
    assert value("[1] | replace('1', '2')") == "[2]"
    assert value("none | string") == "null"


@pytest.mark.parametrize(
    "text",
    [
        "[] | min",
        "[1, 'a'] | sort",
        "1 | length",
        "1 | list",
        "1 | items",
        "[1] | dictsort",
        "'a' | abs",
        "['a'] | sum",
        "'a' | round",
        "1.5 | round(1, 'up')",
        "[1] | map",
        "[1] | map(attribute='a', nope=1)",
        "'%d' | format('a')",
        "'%s' | format(1, b=2)",
        "'abc' | truncate(2)",
        "'a' | center('b')",
        "[{}] | map(x)",
        "[1] | join(1, 2, 3)",
        "'a' | split",
    ],
)
def test_misuse_is_an_error(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text, x="nope")


@pytest.mark.parametrize("name", sorted({name for types, methods in METHODS if types is str for name in methods}))
def test_methods_of_text_are_those_of_python(name: str) -> None:
    assert hasattr(str, name)
    assert not name.startswith("_")
