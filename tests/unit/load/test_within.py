"""From the text of a value back to the file: what a script's line 3 or an expression's tenth character is there."""

import pytest

from stageline.load.within import within, within_line
from tests.unit.load.reading import scalar


def shown(text: str, *steps: str | int, find: str) -> tuple[str, str]:
    """Where the file is pointed at for a piece of a value, and what stands there."""
    node = scalar(text, *steps)
    span = within(node, node.text.index(find), len(find))
    return f"{span.place.line}:{span.place.column}", span.source.text[span.start : span.end]


LITERAL = "a:\n  bash: |\n    set -e\n\n      deep\n    last line\n  b: 1\n"


@pytest.mark.parametrize(("find", "place"), [("set", "3:5"), ("-e", "3:9"), ("deep", "5:7"), ("line", "6:10")])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_literal_blocks_are_exact(find: str, place: str, newline: str) -> None:
    assert shown(LITERAL.replace("\n", newline), "a", "bash", find=find) == (place, find)


@pytest.mark.parametrize("line", [1, 2, 3, 4])
def test_a_line_of_a_script_is_a_line_of_the_file(line: int) -> None:
    assert within_line(scalar(LITERAL, "a", "bash"), line).place.line == line + 2


@pytest.mark.parametrize("header", ["|", "|-", "|+", "|2", "|2-", "| # why", "&x |", "!!str |"])
def test_the_header_of_a_block_does_not_matter(header: str) -> None:
    assert shown(f"a: {header}\n\n  one\n  two\n\n", "a", find="two") == ("4:3", "two")


def test_an_indentation_that_is_told_is_used() -> None:
    text = "a: |1\n   one\n  two\n"
    assert scalar(text, "a").text == "  one\n two\n"
    assert shown(text, "a", find="one") == ("2:4", "one")
    assert within(scalar(text, "a"), 0).place.column == 2


FOLDED = "a: >\n  one two\n  three\n\n  four\n    more  deep\n  one\n\nb: 1\n"


@pytest.mark.parametrize(
    ("find", "place"),
    [("one two", "2:3"), ("two", "2:7"), ("three", "3:3"), ("four", "5:3"), ("more  deep", "6:5"), ("deep", "6:11")],
)
def test_folded_blocks_point_at_their_words(find: str, place: str) -> None:
    assert shown(FOLDED, "a", find=find) == (place, find)


def test_a_folded_block_that_begins_deeper_points_at_its_words() -> None:
    assert shown("a: >2\n      deep\n  flat\n", "a", find="flat") == ("3:3", "flat")


@pytest.mark.parametrize(
    ("text", "find", "place", "there"),
    [
        ("a: one two", "two", "1:8", "two"),
        ("a: one\n  two\n\n\n  three", "two", "2:3", "two"),
        ("a: one\n  two\n\n\n  three", "three", "5:3", "three"),
        ("a: 'it''s  two'", "two", "1:12", "two"),
        ("a: 'one\n\n  two'", "two", "3:3", "two"),
        ('a: "one two"', "two", "1:9", "two"),
        ('a: "\\x41\\u0042\\U00000043\\n\\" two"', "two", "1:30", "two"),
        ('a: "\\x41\\u0042\\U00000043\\n\\" two"', "B", "1:9", "\\"),
        ('a: "one \\\n    two \\\n\n  three"', "two", "2:5", "two"),
        ('a: "one \\\n    two \\\n\n  three"', "three", "4:3", "three"),
        ('a: "one   \n  \t two"', "two", "2:5", "two"),
        ('a: "😀 two"', "two", "1:7", "two"),
        ("a: &x !!str two", "two", "1:13", "two"),
    ],
)
def test_text_in_a_line_or_several_is_exact(text: str, find: str, place: str, there: str) -> None:
    assert shown(text, "a", find=find) == (place, there)


def test_an_alias_points_into_what_it_names() -> None:
    assert shown("a: &x |\n  one\n  two\nb: *x\n", "b", find="two") == ("3:3", "two")


@pytest.mark.parametrize("text", ["a: b", "a: |\n  b\n", "a: >\n  b\n", "a: ''", "a:", "a: |\n"])
def test_offsets_outside_of_the_text_stay_with_it(text: str) -> None:
    node = scalar(text, "a")
    for offset in (-1, 0, len(node.text), 99):
        assert node.start <= within(node, offset).start <= max(node.end, node.start)
    assert within_line(node, 99, 99).place.line <= 3
    assert within_line(node, 0, 0).place.line <= 2
