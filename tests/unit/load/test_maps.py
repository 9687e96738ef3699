"""Keys: each stands once, as JSON would write it, and `<<` merges what stands elsewhere."""

import pytest

from stageline.load.nodes import MapNode, plain
from stageline.load.read import Parser
from tests.unit.load.reading import at, both_parsers, document, mistakes, value


@both_parsers
def test_a_key_that_stands_twice_is_named_with_both_places(parser: Parser) -> None:
    told = mistakes("name: a\nstages:\n  - bash: x\n    id: y\n    bash: z\nname: b\n", parser)
    assert told == [
        "5:5: stages[0]: the key 'bash' stands twice; the first is at 3:5; keep one of them",
        "6:1: the key 'name' stands twice; the first is at 1:1; keep one of them",
    ]


@pytest.mark.parametrize(("first", "second"), [("1", "'1'"), ("0x10", "16"), ("true", "'true'"), ("null", "~")])
def test_keys_that_json_would_write_alike_are_the_same(first: str, second: str) -> None:
    (told,) = mistakes(f"{first}: a\n{second}: b\n")
    assert "stands twice; the first is at 1:1, as " in told
    assert "which is the same key" in told


def test_a_key_that_is_no_text_keeps_its_value() -> None:
    node = document("1: a\n2.5: b\ntrue: c\n~: d\n0x1f: e\n")
    assert isinstance(node, MapNode)
    assert [entry.key.value for entry in node.entries.values()] == [1, 2.5, True, None, 31]
    assert value("1: a\n2.5: b\ntrue: c\n~: d\n0x1f: e\n") == {
        "1": "a",
        "2.5": "b",
        "true": "c",
        "null": "d",
        "31": "e",
    }


@both_parsers
@pytest.mark.parametrize("text", ["? [a, b]\n: c\n", "? {a: b}\n: c\n", "[a]: c\n"])
def test_lists_and_maps_are_no_keys(text: str, parser: Parser) -> None:
    (told,) = mistakes(text, parser)
    assert "cannot be a key; write text" in told


@both_parsers
def test_a_merged_map_lies_below_what_is_written(parser: Parser) -> None:
    text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nhere:\n  b: 5\n  <<: "
    assert plain(at(document(text + "*base", parser), "here")) == {"a": 1, "b": 5}
    assert plain(at(document(text + "[*more, *base]", parser), "here")) == {"b": 5, "c": 4, "a": 1}


def test_of_merged_maps_the_earlier_wins() -> None:
    node = document("- &a {x: 1}\n- &b {x: 2, y: 2}\n- <<: [*a, *b]\n")
    assert plain(at(node, 2)) == {"x": 1, "y": 2}


@both_parsers
def test_only_maps_can_be_merged(parser: Parser) -> None:
    told = (
        '<< merges a map or a list of maps, and this is the number 1; write "<<" in quotes when it is a key like others'
    )
    assert mistakes("a:\n  <<: 1\n", parser) == [f"2:7: a: {told}"]
    assert value("'<<': 1\n", parser) == {"<<": 1}


def test_two_merges_in_one_map_are_refused() -> None:
    (told,) = mistakes("- &a {}\n- <<: *a\n  <<: *a\n")
    assert told.startswith("3:3: [1]: the key '<<' stands twice; the first is at 2:3")


@both_parsers
@pytest.mark.parametrize("text", ["echo: {{ item }}", "echo: {{item}}", "echo: {{ a.b }}"])
def test_an_expression_without_quotes_is_no_map(text: str, parser: Parser) -> None:
    hint = 'put the whole value in quotes: "${{ … }}"'
    assert mistakes(text, parser) == [f"1:7: echo: an expression stands here without quotes; {hint}"]
