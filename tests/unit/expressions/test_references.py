"""What an expression reads is known without evaluating it."""

import pytest

from stageline.expressions import ExpressionError, parse

ROOTS = frozenset({"params", "stages", "item", "secrets"})


def paths(text: str) -> list[tuple[str, ...]]:
    return [reference.path for reference in parse(text).references()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", []),
        ("${{ stages.extract.outputs.rows }}", [("stages", "extract", "outputs", "rows")]),
        ("${{ stages['extract'].outputs['rows'] + 1 }}", [("stages", "extract", "outputs", "rows")]),
        ("${{ stages.extract.outputs.rows[0].id }}", [("stages", "extract", "outputs", "rows")]),
        ("${{ stages[item].outputs }}", [("stages",), ("item",)]),
        ("${{ params.items() | length }}", [("params",)]),
        ("${{ params.name.upper() }}", [("params", "name")]),
        ("${{ params.a if params.b else params.c }}", [("params", "a"), ("params", "b"), ("params", "c")]),
        ("${{ params.a | coalesce(params.b) }}", [("params", "a"), ("params", "b")]),
        ("${{ {'k': params.a}.k ~ [item] }}", [("params", "a"), ("item",)]),
        ("${{ range(params.n) | map('default', item) }}", [("params", "n"), ("item",)]),
        ("${{ params.rows[params.i:params.j] }}", [("params", "rows"), ("params", "i"), ("params", "j")]),
        ("a ${{ item }} b ${{ params.x + 1 }} ${{ secrets.K }}", [("item",), ("params", "x"), ("secrets", "K")]),
        ("$${{ item }}", []),
        ("${{ true and none is none }}", []),
    ],
)
def test_paths_as_far_as_they_are_static(text: str, expected: list[tuple[str, ...]]) -> None:
    assert paths(text) == expected


def test_a_reference_has_its_place_in_the_text() -> None:
    text = "x ${{ params.x }} ${{ stages.a['b'] + 1 }}"
    assert [text[found.start : found.end] for found in parse(text).references()] == ["params.x", "stages.a['b'"]


def test_what_may_be_absent_is_optional() -> None:
    found = parse("${{ stages.a.x | default(stages.b.y) }} ${{ item is defined }} ${{ params.x | upper }}").references()
    assert [reference.optional for reference in found] == [True, True, True, False]


def test_a_name_that_nothing_has_is_an_error_when_read() -> None:
    parse("${{ params.x }} ${{ stages.y | upper }}", roots=ROOTS)
    with pytest.raises(ExpressionError, match="unknown name 'parms'; did you mean 'params'") as caught:
        parse("a ${{ parms.x }}", roots=ROOTS)
    assert (caught.value.start, caught.value.end) == (6, 11)
    with pytest.raises(ExpressionError, match=r"unknown name 'data'.* a name with a dash stands in brackets"):
        parse("${{ stages.extract-data.outputs }}", roots=ROOTS)
    with pytest.raises(ExpressionError, match="unknown name 'github'"):
        parse("${{ github.ref | default('x') }}", roots=ROOTS)
