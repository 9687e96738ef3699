"""Texts with placeholders: what is inserted, what keeps its type, what is left alone."""

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest

from stageline.expressions import ExpressionError, parse
from stageline.model.status import WorkflowStatus


def value(text: str, **names: Any) -> Any:
    return parse(text).evaluate(names)


@pytest.mark.parametrize("text", ["", "plain", "df -h /data", "a }} b", "$HOME ${HOME} $$ {{ x }} ${ {x}}", "\0\r\n"])
def test_a_text_without_placeholder_is_itself(text: str) -> None:
    assert parse(text).is_constant
    assert value(text) == text


@pytest.mark.parametrize("given", [3, 1.5, True, None, "a", [1], {"a": 1}, date(2024, 1, 31)])
def test_a_lone_placeholder_keeps_the_value_and_its_type(given: Any) -> None:
    assert value("${{ x }}", x=given) is given
    assert value("${{x}}", x=given) is given
    assert value("${{\n  x\n}}", x=given) is given


def test_blanks_around_a_placeholder_make_it_text() -> None:
    assert value(" ${{ x }}", x=3) == " 3"
    assert value("${{ x }}\n", x=3) == "3\n"


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (3, "3"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        ("", ""),
        ([1, "ä", None], '[1, "ä", null]'),
        ({"a": date(2024, 1, 31)}, '{"a": "2024-01-31"}'),
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 12, tzinfo=UTC), "2024-01-31T12:00:00+00:00"),
        (Decimal("1.50"), "1.50"),
        (PurePosixPath("/data"), "/data"),
        (WorkflowStatus.SUCCEEDED, str(WorkflowStatus.SUCCEEDED.value)),
    ],
)
def test_among_text_a_value_is_written_as_in_yaml_and_json(given: Any, written: str) -> None:
    assert value("<${{ x }}>", x=given) == f"<{written}>"


@pytest.mark.parametrize(
    "given", [b"bytes", {1, 2}, object(), float, {"a": b""}, {date(2024, 1, 1): 1}, [float("nan")]]
)
def test_what_has_no_one_way_to_be_written_is_refused(given: Any) -> None:
    with pytest.raises(ExpressionError):
        value("<${{ x }}>", x=given)


def test_inserted_values_are_never_searched_again() -> None:
    assert value("${{ x }}-${{ y }}", x="${{ y }}", y="$${{ x }}") == "${{ y }}-$${{ x }}"


def test_two_dollars_give_a_literal_placeholder() -> None:
    template = parse("echo '$${{ github.ref }}'")
    assert template.is_constant
    assert template.evaluate({}) == "echo '${{ github.ref }}'"
    assert value("$${{ a }} ${{ a }}", a=1) == "${{ a }} 1"


def test_variables_of_bash_belong_to_bash() -> None:
    assert value("echo ${X:-1} $X ${#X} $$ $(date) ${{ x }}", x=1) == "echo ${X:-1} $X ${#X} $$ $(date) 1"


def test_closing_braces_inside_quotes_and_mappings_do_not_end_a_placeholder() -> None:
    assert value("${{ '}}' ~ x }}", x=1) == "}}1"
    assert value('a${{ "}}" }}b') == "a}}b"
    assert value("${{ {'a': {'b': x}} }}", x=1) == {"a": {"b": 1}}
    assert value("${{ {'a': {'b': x}}}}", x=1) == {"a": {"b": 1}}
    assert value("${{ 'it\\'s }}' }}") == "it's }}"


def test_texts_keep_escapes_that_python_does_not_know() -> None:
    assert value(r"${{ '\d+\n' }}") == "\\d+\n"
    assert value("${{ 'a\r\nb' }}") == "a\nb"


def test_keys_come_before_methods() -> None:
    names = {"params": {"items": [1, 2], "keys": "k"}}
    assert parse("${{ params.items }}").evaluate(names) == [1, 2]
    assert parse("${{ params.keys }}").evaluate(names) == "k"
    assert parse("${{ params.keys() }}").evaluate(names) == ["items", "keys"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ 1 + 2 * 3 - 4 / 2 }}", 5.0),
        ("${{ 7 // 2 }} ${{ 7 % 2 }} ${{ 2 ** 3 }} ${{ -n }} ${{ +n }}", "3 1 8 -3 3"),
        ("${{ n > 1 and n < 5 or false }}", True),
        ("${{ 1 < n <= 3 }} ${{ 1 < 5 < n }} ${{ 1 < n > 2 }}", "true false true"),
        ("${{ not n == 3 }}", False),
        ("${{ 2 in l and 9 not in l }}", True),
        ("${{ 'a' ~ n ~ true }}", "a3true"),
        ("${{ 'yes' if n == 3 else 'no' }}", "yes"),
        ("${{ s or 'fallback' }}", "fallback"),
        ("${{ l[0] + l[-1] + l[1:][0] }}", 6),
        ("${{ l[::-1] }} ${{ 'abc'[1] }}", "[3, 2, 1] b"),
        ("${{ m.a.b }} ${{ m['a'].b }} ${{ m.a['b'] }} ${{ m[k].b }}", "1 1 1 1"),
        ("${{ l.0 }}", 1),
        ("${{ (1, 2) }}", [1, 2]),
        ("${{ {'k': n, 'j': l}.j[2] }}", 3),
        ("${{ l + [4] }}", [1, 2, 3, 4]),
        ("${{ [0] * n }}", [0, 0, 0]),
        ("${{ range(n) }}", [0, 1, 2]),
        ("${{ 'a-b'.split('-') | join('+') }}", "a+b"),
        ("${{ d.year }}-${{ d.isoformat() }}", "2024-2024-01-31"),
        ("${{ 'x' is string and n is integer and m is mapping and none is none }}", True),
        ("${{ nope is defined }} ${{ nope is not defined }} ${{ m.a.b is defined }}", "false true true"),
        ("${{ nope.deep['x'][k] | default('d') }}", "d"),
        ("${{ s | default('d') }}|${{ s | default('d', true) }}", "|d"),
        ("${{ none | coalesce(nope, n) }}", 3),
        ("${{ [] | first | default('none') }}", "none"),
        ("${{ (n if n > 9) | default(9) }}", 9),
    ],
)
def test_the_language(text: str, expected: Any) -> None:
    names = {"n": 3, "s": "", "l": [1, 2, 3], "m": {"a": {"b": 1}}, "k": "a", "d": date(2024, 1, 31)}
    assert parse(text).evaluate(names) == expected


def test_a_template_is_evaluated_many_times() -> None:
    template = parse("${{ params.n * 2 }}")
    assert [template.evaluate({"params": {"n": n}}) for n in range(3)] == [0, 2, 4]


def test_templates_are_values() -> None:
    template = parse("a ${{ x | upper }}")
    assert template == parse("a ${{ x | upper }}") != parse("a ${{ x }}")
    assert len({template, parse("a ${{ x | upper }}")}) == 1
    assert pickle.loads(pickle.dumps(template)).evaluate({"x": "b"}) == "a B"  # noqa: S301


def test_mappings_that_make_keys_on_reading_do_not_grow() -> None:
    from collections import defaultdict

    growing: defaultdict[str, int] = defaultdict(int)
    assert value("${{ m.a | default(7) }} ${{ m.get('b', 8) }} ${{ m | getitem('c', 9) }}", m=growing) == "7 8 9"
    assert not growing
