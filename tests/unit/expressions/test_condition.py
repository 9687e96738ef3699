"""Conditions: what holds, and what is refused since it is neither true nor false."""

from typing import Any

import pytest

from stageline.expressions import ExpressionError, parse_condition

NAMES: dict[str, Any] = {
    "params": {
        "n": 1,
        "s": "x",
        "env": "prod",
        "yes": True,
        "no": False,
        "false": "false",
        "list": [1],
        "quote": "' or true or '",
    },
    "item": 3,
    "result": {"success": True},
}


def holds(text: object) -> bool:
    return parse_condition(text).evaluate(NAMES)


@pytest.mark.parametrize("text", [True, "true", "True", " true\n"])
def test_true_holds_without_names(text: object) -> None:
    assert parse_condition(text).constant is True
    assert parse_condition(text).evaluate({}) is True


@pytest.mark.parametrize("text", [False, "false", "False"])
def test_false_does_not_hold(text: object) -> None:
    assert parse_condition(text).is_constant
    assert parse_condition(text).evaluate({}) is False


@pytest.mark.parametrize(
    "text",
    [
        "${{ params.n == 1 }}",
        "${{ params.n }} == 1",
        "${{ params.s }} == 'x' and ${{ params.n }} < 2",
        "'${{ params.env }}' == 'prod'",
        '"${{ params.env }}-${{ params.n }}" == "prod-1"',
        "'$${{ x }}' == '$' ~ '{{ x }}'",
        "${{ params.yes }}",
        "not ${{ params.no }}",
        "${{ params.no }} or ${{ not params.no and params.yes }}",
        "${{ params.list }} == [1]",
        "${{ params.env }} in ['prod', 'test']",
        "(${{ params.n }} + 1) * 2 == 4",
        "${{ params.list }}[0] == 1",
        "${{ params }}.n == 1",
        "params.n == 1",
        "params.env is defined and params.nope is not defined",
        "${{ params.nope }} is not defined",
        "${{ params.nope | default(true) }}",
        "${{ params.list | length > 0 }}",
        "  ${{ params.yes }}\n",
        "${{ params.yes }}\n  and\n${{ item > 2 }}",
    ],
)
def test_holds(text: str) -> None:
    assert holds(text)


def test_what_decides_early_leaves_the_rest_alone() -> None:
    assert holds("params.nope is defined and params.nope > 1") is False
    assert holds("${{ params.yes }} or ${{ params.nope }}") is True


def test_a_value_is_compared_and_never_read_as_an_expression() -> None:
    assert holds("${{ params.quote }} == 'y'") is False
    assert holds("'${{ params.quote }}' == 'y'") is False
    assert holds("${{ params.quote }} == \"' or true or '\"") is True


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("${{ params.false }}", "x == 'true'"),
        ("not ${{ params.false }}", "x == 'true'"),
        ("${{ params.yes }} and ${{ params.s }}", "x == 'true'"),
        ("${{ params.no or params.s }}", "x == 'true'"),
        ("${{ params.s and params.yes }}", "x == 'true'"),
        ("${{ params.n }}", "`x != 0`"),
        ("${{ params.list }}", "`x | length > 0`"),
        ("${{ params }}", "`x | length > 0`"),
        ("none", "`x is not none`"),
    ],
)
def test_only_true_and_false_count_and_the_error_says_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(ExpressionError, match="must be true or false") as caught:
        holds(text)
    assert advice in caught.value.message


def test_a_word_without_quotes_is_a_name_and_the_error_says_so() -> None:
    with pytest.raises(ExpressionError, match=r"unknown name 'prod'.*a text stands in quotes: 'prod'"):
        holds("${{ params.env }} == prod")
    with pytest.raises(ExpressionError, match="unknown name 'prod'"):
        parse_condition("${{ params.env }} == prod", roots={"params"})


@pytest.mark.parametrize(
    "text", ["", "  ", "${{ }}", "${{ a }} ${{ b }}", "${{ a }} = 1", "${{ a", "it's", "a &&", 1, None, ["a"], "no x"]
)
def test_what_is_no_condition_is_an_error_when_read(text: object) -> None:
    with pytest.raises(ExpressionError):
        parse_condition(text)


def test_an_error_in_a_placeholder_has_its_place_in_the_whole_text() -> None:
    with pytest.raises(ExpressionError) as caught:
        holds("${{ params.n }} == 1 and ${{ params.nn }} > 2")
    assert (caught.value.start, caught.value.end) == (36, 38)


def test_the_text_false_is_refused_wherever_a_boolean_is_asked_for() -> None:
    for text in ("${{ (not params.false) == true }}", "${{ ('a' if params.false else 'b') == 'a' }}"):
        with pytest.raises(ExpressionError, match="the text 'false' is no boolean"):
            holds(text)


def test_references_are_known_in_the_order_of_the_text() -> None:
    found = parse_condition("${{ params.a }} == 1 and stages.b.outputs.c > ${{ item }}").references()
    assert [reference.path for reference in found] == [("params", "a"), ("stages", "b", "outputs", "c"), ("item",)]
