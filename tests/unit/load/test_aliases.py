"""Anchors and aliases: what is named can stand again, and never grows beyond what was meant."""

import pytest

from stageline.load.compose import UNFOLDED
from stageline.load.nodes import AliasNode
from stageline.load.read import Parser
from stageline.load.words import DEPTH
from tests.unit.load.reading import at, both_parsers, document, mistakes, scalar, value, where


@both_parsers
def test_an_alias_is_what_it_names(parser: Parser) -> None:
    text = "a: &one 1\nb: &list [x, *one]\nc: {d: *list}\n*one : e\n"
    assert value(text, parser) == {"a": 1, "b": ["x", 1], "c": {"d": ["x", 1]}, "1": "e"}


def test_an_anchor_may_be_given_again() -> None:
    assert value("[&a 1, *a, &a 2, *a]") == [1, 1, 2, 2]


def test_anchors_end_with_their_document() -> None:
    assert mistakes("a: &x 1\n---\nb: *x\n")[0].startswith("3:4: b: the alias *x names nothing above it")


def test_what_an_alias_brings_in_stands_where_the_alias_is_and_its_parts_where_they_are_written() -> None:
    node = document("a: &list\n  - x\nb: *list\nc: &text y\nd: *text\n")
    assert [where(at(node, "b")), where(at(node, "b", 0)), where(at(node, "d"))] == ["3:4", "2:5", "5:4"]


def test_an_alias_of_an_alias_knows_the_text() -> None:
    alias = scalar("a: &x text\nb: &y\n  - *x\nc: *y\n", "c", 0)
    assert isinstance(alias, AliasNode)
    assert where(alias.anchor) == "1:7"


@both_parsers
def test_an_alias_without_an_anchor_offers_the_closest(parser: Parser) -> None:
    hint = "text that begins with * needs quotes; did you mean 'defaults'?"
    told = mistakes("a: &defaults {}\nb: *default\n", parser)
    assert told == [f"2:4: b: the alias *default names nothing above it; {hint}"]


@both_parsers
@pytest.mark.parametrize("text", ["&a [*a]", "&a {b: *a}", "&a [[*a]]", "&a {b: {<<: *a}}"])
def test_a_value_cannot_hold_itself(text: str, parser: Parser) -> None:
    (told,) = [one for one in mistakes(text, parser) if "alias" in one]
    assert "stands inside of what it names" in told


@both_parsers
def test_a_billion_laughs_are_not_laughed(parser: Parser) -> None:
    lines = ["a0: &a0 [ha, ha]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))]
    (told,) = mistakes("\n".join(lines), parser)
    assert f"the aliases unfold to more than {UNFOLDED} values; write out what is needed" in told
    assert told.startswith("6:")


def test_merges_do_not_unfold_without_end_either() -> None:
    lines = ["a0: &a0 {k: v}", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 20))]
    assert "the aliases unfold" in mistakes("\n".join(lines))[0]


def test_many_uses_of_one_anchor_are_fine() -> None:
    text = "- &env {A: 1, B: 2}\n" + "- *env\n" * 5000
    assert value(text) == [{"A": 1, "B": 2}] * 5001


@both_parsers
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_absurd_nesting_is_refused(opening: str, parser: Parser) -> None:
    (told,) = mistakes(opening * 5000, parser)
    assert f"values are nested more than {DEPTH} deep here" in told


def test_aliases_do_not_nest_deeper_than_text_may() -> None:
    lines = ["- &a0 x", *(f"- &a{n} [*a{n - 1}]" for n in range(1, 200))]
    assert f"nested more than {DEPTH} deep" in mistakes("\n".join(lines))[0]


@both_parsers
def test_sensible_nesting_is_fine(parser: Parser) -> None:
    depth = DEPTH - 1
    value("[" * depth + "x" + "]" * depth, parser)
