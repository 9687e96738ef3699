"""Errors name the place, what is wrong, and what would be right; they never show a value."""

import pickle
from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.expressions import ExpressionError, parse

NAMES: dict[str, Any] = {
    "params": {"n": 1, "name": "bob", "rows": [{"id": 1}, {"id": 2}], "nothing": None, "flag": "False"},
    "stages": {"extract-data": {"outputs": {"rows": 3}}, "load": {"outputs": {}}},
    "secrets": {"TOKEN": "hunter2"},
}


def fails(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(text).evaluate(NAMES)
    return caught.value


def marked(error: ExpressionError) -> str:
    return error.text[error.start : error.end]


@pytest.mark.parametrize(
    ("text", "part", "message"),
    [
        ("${{ parms.n }}", "parms", "unknown name 'parms'; did you mean 'params'?"),
        ("${{ params.nme }}", "nme", "params has no 'nme'; did you mean 'name'?"),
        ("${{ stages.lod.outputs }}", "lod", "stages has no 'lod'; did you mean 'load'?"),
        ("${{ stages.extract_data }}", "extract_data", "did you mean ['extract-data']?"),
        ("${{ stages.extract-data }}", "extract", "did you mean ['extract-data']?"),
        ("${{ params['nme'] | upper }}", "'nme'", "did you mean 'name'?"),
        ("${{ params . zzz }}", "zzz", "params has no 'zzz'; there is flag, n, name"),
        ("${{ params.nothing.x }}", "x", "params.nothing is null, so it has no 'x'"),
        ("${{ params.rows.id }}", "id", "`| map(attribute='id')` reads this of every item"),
        ("${{ params.rows[2].id }}", "2", "params.rows has 2 items, so there is no [2]"),
        ("${{ params.rows[params.n + 5] }}", "params.n + 5", "params.rows has 2 items, so there is no [6]"),
        ("${{ params.name.upper }}", "upper", "write params.name.upper()"),
        ("${{ params.n.upper() }}", "upper", "a whole number has no methods"),
        ("${{ params.upper() }}", "upper", "a mapping has no method 'upper'"),
        ("${{ params.name.uper() }}", "uper", "did you mean 'upper'?"),
        (
            "${{ params.n + 'a' }}",
            "params.n + 'a'",
            "a whole number and a text; `~` joins as text",
        ),
        ("${{ 1 + params.n / 0 }}", "params.n / 0", "divides by zero"),
        ("${{ params.n > 'a' }}", "params.n > 'a'", "cannot compare a whole number with a text by `>`"),
        ("${{ 1 in params.n }}", "1 in params.n", "cannot look for a whole number in a whole number"),
        ("${{ -params.name }}", "-params.name", "a sign needs a number, and this is a text"),
        ("${{ params.name | int }}", "int", "this is a text that is not a whole number"),
        ("${{ params.name | uper }}", "uper", "no filter 'uper'; did you mean 'upper'?"),
        ("${{ params.rows | map('uper') }}", "map", "no filter 'uper'; did you mean 'upper'?"),
        ("${{ params.rows | select('oddd') }}", "select", "no test 'is oddd'; did you mean 'odd'?"),
        ("${{ params.rows | map(attribute='idd') }}", "map", "did you mean 'id'?"),
        ("${{ params.rows | batch }}", "batch", "filter 'batch' is used as `batch(linecount, fill_with)`"),
        ("${{ params.n is divisibleby }}", "divisibleby", "wrong number of arguments"),
        ("${{ params.n is nummer }}", "nummer", "no test 'is nummer'; did you mean 'number'?"),
        ("${{ [] | first }}", "[] | first", "`| default(…)` says what to use then"),
        ("${{ 'a' if params.n }}", "'a' if params.n", "write `else ''`"),
        ("${{ not params.flag }}", "params.flag", "the text 'false' is no boolean"),
        ("${{ len(params) }}", "len", "write `x | length`"),
        ("${{ int(params.n) }}", "int", "write `x | int`"),
        ("${{ foo(1) }}", "foo", "'foo' is no function here"),
        ("${{ params.name.format(1) }}", "format", "texts have no format() here"),
        ("${{ params.rows.append(1) }}", "append", "values here are only read"),
        ("${{ params.name % 3 }}", "params.name % 3", "write `text | format(…)`"),
        ("${{ params.n && 1 }}", "&", "write `and`"),
        ("${{ params.n || 1 }}", "|", "write `or`"),
        ("${{ !params.n }}", "!", "write `not x`"),
        ("${{ params.n = 1 }}", "=", "to compare, write `==`"),
        ("${{ a ? b : c }}", "?", "write `a if condition else b`"),
        ("${{ $x }}", "$", "names without `$`"),
        ("${{ (1 }}", "1", "the expression ends too early, expected `)`"),
        ("${{ 1 + }}", "+", "the expression ends too early"),
        ("${{ params. }}", ".", "the expression ends too early"),
        ("${{ 1 2 }}", "2", "unexpected `2`"),
        ("${{ [1, 2) }}", ")", "unexpected `)`, expected `]`"),
        ("${{ }}", " ", "this expression is empty"),
        ("a ${{ b", "${{", "this placeholder is not closed"),
        ("a ${{ 'b }} c", "'", "has no closing '"),
        ("a ${{ {'b': 1 }} c", "{", "this mapping is not closed"),
        ("a ${{ {'b': {1: 2} c", "{", "this mapping is not closed"),
        (r"${{ '\x' }}", r"'\x'", "broken backslash escape"),
        (r"${{ '\ud800' }}", r"'\ud800'", "half of a surrogate pair"),
        ("${{ f(*params) }}", "f", "'f' is no function"),
        ("${{ params.name.count(*params.rows) }}", "(*params.rows)", "arguments are written one by one"),
        ("${{ {[1]: 2} }}", "{[1]: 2}", "a list cannot be the key of a mapping"),
        ("${{ params[[1]] }}", "[1]", "a list cannot be the key of a mapping"),
        ("${{ params.n[1:] }}", "[1:]", "only lists and texts have parts"),
    ],
)
def test_an_error_marks_the_part_and_says_what_is_wrong(text: str, part: str, message: str) -> None:
    error = fails(text)
    assert message in error.message
    assert marked(error) == part


def test_the_text_is_shown_with_carets_below_the_part() -> None:
    assert str(fails("x ${{ parms.n }}")) == (
        "unknown name 'parms'; did you mean 'params'?\n"
        "  x ${{ parms.n }}\n"
        "        ^^^^^"
    )  # fmt: skip


def test_in_a_block_the_line_is_shown_and_line_and_column_are_known() -> None:
    error = fails("first\n  \t${{ params.n\n + 'a' }}\nlast")
    assert (error.line, error.column) == (2, 8)
    assert str(error).splitlines()[1:] == ["     ${{ params.n", "         ^^^^^^^^"]
    assert "(line 2, column 8)" in str(error)


def test_of_a_long_line_the_part_is_shown() -> None:
    error = fails("a" * 500 + "${{ parms }}" + "b" * 500)
    text, carets = str(error).splitlines()[1:]
    assert len(text) < 120
    assert text[carets.index("^") : carets.rindex("^") + 1] == "parms"


def test_signs_that_cannot_be_shown_do_not_move_the_carets() -> None:
    text, carets = str(fails("\0\t\x1b${{ parms }}")).splitlines()[1:]
    assert text[carets.index("^") : carets.rindex("^") + 1] == "parms"
    assert text.isprintable()


def test_the_error_is_the_authors_and_keeps_its_cause() -> None:
    error = fails("${{ params.n / 0 }}")
    assert isinstance(error, DocumentError)
    assert error.exit_code == 2
    assert isinstance(error.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    "text",
    [
        "secrets.TOKEN + 1",
        "secrets.TOKEN | int",
        "secrets.TOKEN | from_json",
        "secrets.TOKEN | fmt('%Y')",
        "secrets.TOKEN.x",
        "params.rows.index(secrets.TOKEN)",
        "secrets.TOKEN.index('x')",
        "secrets.TOKEN > 1",
        "secrets.TOKEN | format(1)",
        "secrets.TOKEN | sum",
        "secrets.TOKEN | round",
        "1 | fmt(secrets.TOKEN)",
    ],
)
def test_no_value_is_shown(text: str) -> None:
    assert "hunter2" not in str(fails(f"${{{{ {text} }}}}"))


def test_an_error_survives_a_process() -> None:
    error = fails("${{ parms }}").at(("env", 0))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert str(copy) == str(error)
    assert copy.path == ("env", 0)


def test_reading_evaluates_nothing() -> None:
    assert parse("${{ 1 / 0 + ('a' | int) + nope.x }}").references()[0].path == ("nope", "x")
