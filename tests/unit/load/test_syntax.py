"""What is not YAML is told in the words of the person who wrote it, at the place where they look."""

import pytest

from stageline.load.read import Parser
from tests.unit.load.reading import both_parsers, mistakes

QUOTES = "put the text in quotes"
EXPRESSION = 'an expression stands here without quotes; put the whole value in quotes: "${{ … }}"'
NO_COLON = "a key is followed by a colon and a blank"
FOLLOWS = "text follows the closing quote; put quotes around the whole"


@both_parsers
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\n\tb: 1", "2:1: a tab stands in the indentation; YAML is indented by spaces only; write spaces"),
        ("a: 1\n\tb: 2", "2:1: a tab stands in the indentation"),
        ("a:\n  - b: 1\n  \tc: 1", "3:3: a tab stands in the indentation"),
        ("a: |\n\tb\n", "2:1: a tab stands in the indentation"),
        ("name:x\nbash: y", '1:5: a blank is missing after the colon; write "name: x"'),
        ("stages:\n  - name:x\n    bash: y", '2:9: a blank is missing after the colon; write "name: x"'),
        ("a: 1\nname:x", '2:5: a blank is missing after the colon; write "name: x"'),
        ("a: 1\nname:x\nb: 2", '2:5: a blank is missing after the colon; write "name: x"'),
        ("echo: Deploying: now", f"1:16: a colon followed by a blank stands inside of an unquoted text; {QUOTES}"),
        ("- echo: a: b", f"1:10: a colon followed by a blank stands inside of an unquoted text; {QUOTES}"),
        (
            "a: 1\n  b: 2",
            "2:3: this line is indented more than line 1, which already has its value; begin it in column 1",
        ),
        (
            "- a: 1\n\n   b: 2",
            "3:4: this line is indented more than line 1, which already has its value; begin it in column 3",
        ),
        ("- a\n - b: 1", "2:2: this item does not stand below the item of line 1; begin both in one column, 1"),
        ("just text\nb: 1", f"1:1: the line 'just text' has no colon; {NO_COLON}"),
        ("b: 1\njust text\n", f"2:1: the line 'just text' has no colon; {NO_COLON}"),
        ("b: 1\njust text\nc: 2", f"2:1: the line 'just text' has no colon; {NO_COLON}"),
        ('a: "open\nb: 1', '1:4: the quote " is opened here and never closed; close it with "'),
        ("a: 'open\n\n", "1:4: the quote ' is opened here and never closed; close it with '"),
        ('a: "open\n---\nb: "', '1:4: the quote " is opened here and never closed'),
        ('a: "x" y', f"1:8: {FOLLOWS}"),
        ("a: 'it's'", f"1:8: {FOLLOWS}"),
        ('a: "{{ x }}" y', f"1:14: {FOLLOWS}"),
        ("- 'x' y", f"1:7: {FOLLOWS}"),
        ("a: [1, 2\nb: 3", "2:2: neither , nor ] follows what stands before this; close the [ of 1:4"),
        ("a: {x: 1\nb: 2", "2:2: neither , nor } follows what stands before this; close the { of 1:4"),
        ("a: [1, 2", "1:9: neither , nor ] follows what stands before this; close the [ of 1:4"),
        ("a: {{ x }} y", f"1:4: {EXPRESSION}"),
        ("a: [${{ x }}]", f"1:5: {EXPRESSION}"),
        ("a: {b: ${{ x }}}", f"1:8: {EXPRESSION}"),
        ("a: ${{ x }}: y", f"1:4: {EXPRESSION}"),
        ("a: * * *", f"1:4: an unquoted text cannot begin with *; {QUOTES}"),
        ("a: *.csv", f"1:4: an unquoted text cannot begin with *; {QUOTES}"),
        ("a: && ls", f"1:4: an unquoted text cannot begin with &; {QUOTES}"),
        ("a: @x", f"1:4: an unquoted text cannot begin with @; {QUOTES}"),
        ("a: `x`", f"1:4: an unquoted text cannot begin with `; {QUOTES}"),
        ("a: %x", f"1:4: an unquoted text cannot begin with %; {QUOTES}"),
        ("a: - b", "1:4: - followed by a blank cannot stand here; a list begins on the line below its key"),
        ("a: ? b", "1:4: ? followed by a blank cannot stand here"),
        ("a: , b", '1:4: found "," where a value belongs'),
        ("a: ] b", '1:4: found "]" where a value belongs'),
        ("a: [1,,2]", '1:7: found "," where a value belongs'),
        ("a: | text", "1:4: text stands on the line of the | that announces it; begin the text on the next line"),
        ("a: > text", "1:4: text stands on the line of the > that announces it"),
        ("a: |0\n  x", "1:4: the number after | is no indentation"),
        ('a: "\\d"', "1:5: \\d is no escape that YAML knows; in double quotes write \\\\ for a backslash"),
        ('a: "\\x4"', "1:5: \\x is no escape that YAML knows"),
        ("a: !e!x y", "1:4: this reads as a tag, and not as one that YAML knows; text that begins with ! needs quotes"),
        ("a: !<x", "1:7: this reads as a tag"),
        (
            "a:\n  b: 1\n c: 2",
            "3:2: the indentation of this line fits nothing above it (the map of line 1 begins in column 1)",
        ),
        ("a: |\n  x\n y", "3:2: the indentation of this line fits nothing above it"),
        ("a:\n  - b\n c: 1", "3:2: the indentation of this line fits nothing above it"),
        ("- a\nb: c", "2:1: this line does not go on with the list that line 1 begins; begin it with '- '"),
        ("a: b\n- c", "2:1: this line does not go on with the map that line 1 begins; a map goes on with a key"),
        ("a: &x *y", "1:7: this cannot follow what stands before it on the line; put the whole text in quotes"),
        (" a: 1\nb: 2", "2:1: this does not go on with what stands above it; begin it in the column of the first line"),
        ("--- a\n... b", "2:5: this line goes on after its value has ended"),
        ("%YAML 2.0\n---\na", "1:1: the file asks for a version of YAML other than 1.2; take the %YAML line away"),
    ],
)
def test_syntax_errors_are_told_in_plain_words(text: str, told: str, parser: Parser) -> None:
    assert mistakes(text, parser)[0].startswith(told)


def test_a_complaint_that_nothing_explains_is_still_told() -> None:
    (told,) = mistakes("%FOO\n---\na")
    assert told.startswith("1:5: this is not YAML: found unknown directive name (while scanning a directive); ")


@both_parsers
def test_what_was_wrong_before_the_parser_gave_up_is_told_too(parser: Parser) -> None:
    told = mistakes("a: 1\na: 2\n---\nb: 1\nb: 2\n---\nc: 'open\n", parser)
    assert [one.split(":")[0] for one in told] == ["2", "5", "7"]
