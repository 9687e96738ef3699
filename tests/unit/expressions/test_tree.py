"""Nested values with templates in them."""

from datetime import date
from typing import Any

import pytest

from stageline.expressions import ExpressionError, evaluate_tree, parse_tree, tree_errors


def test_every_text_is_evaluated_and_the_rest_stays() -> None:
    tree = {"a": ["${{ x }}", 1, None, True, date(2024, 1, 1)], "b": {"c": "n=${{ x }}"}, 3: "$${{"}
    assert evaluate_tree(tree, {"x": 7}) == {"a": [7, 1, None, True, date(2024, 1, 1)], "b": {"c": "n=7"}, 3: "${{"}
    assert evaluate_tree("${{ x }}", {"x": [1]}) == [1]
    assert evaluate_tree(5, {}) == 5


def test_keys_may_be_templates_and_are_always_text() -> None:
    assert evaluate_tree({"${{ a }}": 1, "x-${{ b }}": 2}, {"a": 5, "b": "y"}) == {"5": 1, "x-y": 2}


def test_keys_that_come_out_equal_are_an_error() -> None:
    with pytest.raises(ExpressionError, match="come out equal"):
        evaluate_tree({"a": 1, "${{ x }}": 2}, {"x": "a"})


@pytest.mark.parametrize("key", [None, [1], {"a": 1}, b"x"])
def test_a_key_that_cannot_be_a_key_is_an_error(key: Any) -> None:
    with pytest.raises(ExpressionError):
        evaluate_tree({"${{ x }}": 1}, {"x": key})


def test_a_tree_is_read_once_and_gives_new_containers_each_time() -> None:
    tree = parse_tree({"a": ["b"]})
    assert tree.is_constant
    first = tree.evaluate({})
    first["a"].append("c")
    assert tree.evaluate({}) == {"a": ["b"]}


def test_an_error_names_the_path() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate_tree({"with": {"ids": ["ok", "${{ nope }}"]}}, {})
    assert caught.value.path == ("with", "ids", 1)
    assert str(caught.value).startswith("with.ids.1: unknown name 'nope'")


def test_all_errors_of_a_tree_are_reported_together() -> None:
    errors = tree_errors({"a": "${{ 1 + }}", "b": ["${{ x", "${{ other }}"], "${{": 1, "c": "ok"}, roots={"params"})
    assert [error.path for error in errors] == [("a",), ("b", 0), ("b", 1), ("${{",)]
    assert tree_errors({"a": "${{ params.x }}"}, roots={"params"}) == ()


def test_references_come_with_their_path() -> None:
    found = parse_tree({"env": {"A": "${{ secrets.KEY }}"}, "l": ["${{ item }}-${{ loop }}"]}).references()
    assert [(path, reference.path) for path, reference in found] == [
        (("env", "A"), ("secrets", "KEY")),
        (("l", 0), ("item",)),
        (("l", 0), ("loop",)),
    ]


def test_a_tree_that_holds_itself_is_an_error() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ExpressionError, match="holds itself"):
        parse_tree(endless)
