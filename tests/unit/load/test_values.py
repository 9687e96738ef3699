"""What YAML text means: YAML 1.2's core schema, and nothing that JSON could not hold."""

import pytest

from stageline.load.nodes import Plain
from stageline.load.read import Parser
from tests.unit.load.reading import both_parsers, documents, mistakes, value


@both_parsers
@pytest.mark.parametrize(
    "text",
    [
        *("yes", "no", "on", "off", "y", "n", "Yes", "OFF", "tRUE", "nUll"),  # no truth values in 1.2
        *("2024-01-01", "2024-01-01T10:00:00Z", "1:30", "190:20:30"),  # no dates, no sexagesimal
        *("1_000", "0b11", "0o8", "0xG", "-0x1f", "+0o7", "1e", ".", "+", "..1", "1.2.3", "e3", "inf", "nan"),
        *("=", "-foo", "--", "${{ params.x }}", "a#b", "http://x", "a:b", "::x", "~/data", "null_", "1 2"),
    ],
)
def test_unquoted_text_stays_text(text: str, parser: Parser) -> None:
    assert value(f"key: {text}", parser) == {"key": text}


@both_parsers
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        *[(word, None) for word in ("null", "Null", "NULL", "~", "")],
        *[("0", 0), ("12", 12), ("-12", -12), ("+12", 12), ("017", 17), ("0o17", 15), ("0x1f", 31), ("0xFF", 255)],
        *[("1.5", 1.5), ("-.5", -0.5), ("1.", 1.0), ("1e3", 1000.0), ("1E-3", 0.001), ("+1.0e+2", 100.0)],
        ("1" * 30, int("1" * 30)),
    ],
)
def test_numbers_truth_and_nothing(text: str, expected: object, parser: Parser) -> None:
    found = value(f"- {text}", parser)
    assert found == [expected]
    assert type(found[0]) is type(expected)


@both_parsers
@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("text", ["true", "12", "1.5", "null", "", "~", "<<", ".nan"])
def test_what_is_quoted_is_text(text: str, quote: str, parser: Parser) -> None:
    assert value(f"{quote}{text}{quote}: {quote}{text}{quote}", parser) == {text: text}


@both_parsers
@pytest.mark.parametrize("text", [".inf", "-.Inf", "+.INF", ".nan", ".NaN", "1e999", "-1e999"])
def test_what_json_cannot_hold_is_refused_with_its_place(text: str, parser: Parser) -> None:
    (told,) = mistakes(f"a:\n  b: {text}", parser)
    assert told.startswith("2:6: a.b: ")
    assert "in quotes for text" in told


def test_numbers_without_end_are_refused() -> None:
    assert mistakes("a: " + "9" * 5000)[0].startswith("1:4: a: a number of 5000 digits is too large")
    assert mistakes("a: !!float 0x" + "f" * 900)[0].startswith("1:12: a: the number is too large")


@both_parsers
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("&a ! 12", "12"),
        ("!!str", ""),
        ('!!int "12"', 12),
        ("!!float 1", 1.0),
        ("!!float 1.5", 1.5),
        ("!!bool 'true'", True),
        ("!!null ''", None),
        ("!!map {a: 1}", {"a": 1}),
        ("!!seq [1]", [1]),
        ("!<tag:yaml.org,2002:str> 1", "1"),
        ("!!str # why ! not\n  1", "1"),
        ("! [1]", [1]),
    ],
)
def test_core_tags_say_what_a_value_is(text: str, expected: Plain, parser: Parser) -> None:
    found = value(text, parser)
    assert found == expected
    assert type(found) is type(expected)


@both_parsers
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !thing x", "1:4: a: the tag !thing means nothing here; text that begins with ! needs quotes"),
        ("if: !cancelled()", "1:5: if: the tag !cancelled() means nothing here; text that begins with ! needs quotes"),
        ("a: !!binary x", "1:4: a: the tag !!binary means nothing here; text that begins with ! needs quotes"),
        ("a: &x !!set {b}", "1:7: a: the tag !!set means nothing here; text that begins with ! needs quotes"),
        (
            "a: !!timestamp 2024-01-01",
            "1:4: a: the tag !!timestamp means nothing here; text that begins with ! needs quotes",
        ),
        ("a: !!int abc", "1:10: a: this does not read as !!int; take the tag away, or write what it says"),
        ("a: !!int true", "1:10: a: this does not read as !!int; take the tag away, or write what it says"),
        ("a: !!map x", "1:4: a: the tag !!map means nothing here; text that begins with ! needs quotes"),
        ("a: !!str [x]", "1:4: a: the tag !!str means nothing here; text that begins with ! needs quotes"),
    ],
)
def test_other_tags_are_refused_with_their_place(text: str, told: str, parser: Parser) -> None:
    assert mistakes(text, parser) == [told]


@pytest.mark.parametrize(
    "text",
    ["!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!!python/none x", "!!python/tuple [a]"],
)
def test_no_tag_builds_python_objects(text: str) -> None:
    (told,) = mistakes(f"a: {text}")
    assert told.startswith("1:4: a: the tag !!python/")
    assert "never done" in told


@both_parsers
def test_a_text_holds_any_number_of_documents(parser: Parser) -> None:
    assert documents("", parser) == ()
    assert documents("# nothing\n", parser) == ()
    assert len(documents("a: 1\n---\n- b\n---\n---\nc\n...\n", parser)) == 4


@both_parsers
@pytest.mark.parametrize("text", ["\ufeffa: |\n  b\n  c\n", "a: |\r\n  b\r\n  c\r\n", "a: |\r  b\r  c\r"])
def test_byte_order_marks_and_foreign_line_breaks_are_read(text: str, parser: Parser) -> None:
    assert value(text, parser) == {"a": "b\nc\n"}


@both_parsers
@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x85", "\u2028", "\ud800", "\ufffe", "\ufeff"])
def test_characters_that_yaml_cannot_hold_are_named(character: str, parser: Parser) -> None:
    (told,) = mistakes(f"a: b\nc: d{character}e", parser)
    assert told.startswith(f"2:5: the character U+{ord(character):04X} cannot stand in YAML as it is; ")


@both_parsers
def test_all_other_characters_are_read(parser: Parser) -> None:
    text = "äöü 漢字 😀 \u00a0 \u200d \ue000"
    assert value(f'{text}: "{text}"', parser) == {text: text}
    assert value('"\\u2028\\x00\\U0001F600\\e"', parser) == "\u2028\x00😀\x1b"


@both_parsers
@pytest.mark.parametrize("before", ["", "&x ", "!!str "])
def test_half_a_character_is_refused(before: str, parser: Parser) -> None:
    assert mistakes(f'a: {before}"\\ud83d"', parser)[0].startswith("1:")


def test_a_file_that_asks_for_yaml_1_1_is_told_that_it_is_read_otherwise() -> None:
    assert mistakes("%YAML 1.1\n---\na: yes\n")[0].startswith("1:1: %YAML 1.1 is asked for")
    assert value("%YAML 1.2\n---\na: yes\n") == {"a": "yes"}
