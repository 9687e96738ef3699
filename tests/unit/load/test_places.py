"""Every node knows its line and column, and its path when somebody asks."""

import pytest

from stageline.load.nodes import MapNode, Node
from stageline.load.path import path_of
from stageline.load.read import Parser
from stageline.load.source import Source
from tests.unit.load.reading import at, both_parsers, document, documents, where

TEXT = """\
# a flow
name: "flow"
stages:
  - name: &n first
    bash: |
      echo
    env: {A: 1, "B b": !!str 2, C: [x, y]}
  -
    needs:
    - a
    - b
    empty:
    last: 1
"""


@both_parsers
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), "2:1"),
        (("name",), "2:7"),
        (("stages",), "4:3"),
        (("stages", 0), "4:5"),
        (("stages", 0, "name"), "4:14"),
        (("stages", 0, "bash"), "5:11"),
        (("stages", 0, "env"), "7:10"),
        (("stages", 0, "env", "A"), "7:14"),
        (("stages", 0, "env", "B b"), "7:30"),
        (("stages", 0, "env", "C", 1), "7:40"),
        (("stages", 1), "9:5"),
        (("stages", 1, "needs", 1), "11:7"),
        (("stages", 1, "empty"), "12:11"),
    ],
)
def test_values_know_their_place(steps: tuple[str | int, ...], expected: str, parser: Parser) -> None:
    assert where(at(document(TEXT, parser), *steps)) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), ""),
        (("name",), "name"),
        (("stages", 0), "stages[0]"),
        (("stages", 0, "env"), "stages[0].env"),
        (("stages", 0, "env", "B b"), 'stages[0].env."B b"'),
        (("stages", 0, "env", "C", 1), "stages[0].env.C[1]"),
        (("stages", 1), "stages[1]"),
        (("stages", 1, "needs"), "stages[1].needs"),
        (("stages", 1, "empty"), "stages[1].empty"),
        (("stages", 1, "last"), "stages[1].last"),
    ],
)
def test_values_know_their_path(steps: tuple[str | int, ...], expected: str) -> None:
    node = document(TEXT)
    assert path_of(at(node, *steps), [node]) == expected


def test_keys_know_their_place_and_path() -> None:
    node = document(TEXT)
    stage = at(node, "stages", 1)
    assert isinstance(stage, MapNode)
    keys = [entry.key for entry in stage.entries.values()]
    assert [(where(key), path_of(key, [node])) for key in keys] == [
        ("9:5", "stages[1].needs"),
        ("12:5", "stages[1].empty"),
        ("13:5", "stages[1].last"),
    ]


def test_paths_are_those_of_the_document_that_holds_them() -> None:
    roots = documents("a: 1\n---\nb: [2]\n")
    assert path_of(at(roots[1], "b", 0), roots) == "b[0]"


def test_what_was_merged_has_the_path_where_it_was_written() -> None:
    node = document("x: &x {a: {b: 1}}\ny:\n  <<: *x\n  c: 2\n")
    assert path_of(at(node, "y", "a", "b"), [node]) == "x.a.b"
    inner = document("x: &x {a: 1}\n<<: *x\n")
    assert path_of(at(inner, "a"), [inner]) == "x.a"


@both_parsers
def test_columns_count_characters(parser: Parser) -> None:
    node: Node = document("😀é: [漢字, x]\r\nb: y\r\n", parser)
    assert where(at(node, "😀é", 1)) == "1:10"
    assert where(at(node, "b")) == "2:4"


@both_parsers
@pytest.mark.parametrize("text", ["a: &x # why\n  b", "a: !!str &x\n\n  b", "a: &x\n  # why\n  !!str b"])
def test_a_value_stands_behind_its_anchor_and_tag(text: str, parser: Parser) -> None:
    node = at(document(text, parser), "a")
    assert node.source.text[node.start : node.end] == "b"


def test_a_byte_order_mark_takes_no_column() -> None:
    assert where(document("\ufeffa: 1")) == "1:1"


def test_places_beyond_the_text_are_its_end() -> None:
    source = Source("f", "ab\ncd")
    assert str(source.place(99)) == "f:2:3"
    assert str(source.place(-1)) == "f:1:1"
    assert source.line(3) == ""
    assert source.offset(2, 2) == 4
