"""A schema says what it expects; what is otherwise is told with what was found and what would be right."""

from collections.abc import Callable
from typing import Any

import pytest

from stageline.load.expect import (
    choice,
    expect_bool,
    expect_int,
    expect_list,
    expect_list_of,
    expect_mapping,
    expect_number,
    expect_str,
)
from stageline.load.nodes import ListNode, MapNode, Node
from stageline.load.problems import Problems
from stageline.load.read import collect_documents
from stageline.load.source import Source
from tests.unit.load.reading import at


def read(text: str, expect: Callable[..., Any], **bounds: Any) -> tuple[Any, str]:
    """What a schema gets of the value of `key`, and what is told."""
    problems = Problems()
    (node,) = collect_documents(Source("f", f"key: {text}"), problems)
    answer = expect(at(node, "key"), problems, **bounds)
    return answer, str(problems.error())


def answer(text: str, expect: Callable[..., Any], **bounds: Any) -> Any:
    found, told = read(text, expect, **bounds)
    assert told == ""
    return found


def told(text: str, expect: Callable[..., Any], **bounds: Any) -> str:
    found, words = read(text, expect, **bounds)
    assert found is None
    return words.partition(": key: ")[2]


def one_of(node: Node, problems: Problems) -> str | None:
    return choice(node, problems, ("native", "bwrap", "docker"))


def texts(node: Node, problems: Problems) -> tuple[str, ...] | None:
    return expect_list_of(node, problems, expect_str)


def test_what_is_expected_comes_back() -> None:
    assert answer("abc", expect_str) == "abc"
    assert answer("''", expect_str) == ""
    assert answer("7", expect_int) == 7
    assert answer("7", expect_number) == 7
    assert answer("7.5", expect_number) == 7.5
    assert answer("false", expect_bool) is False
    assert answer("bwrap", one_of) == "bwrap"
    assert isinstance(answer("[]", expect_list), ListNode)
    assert isinstance(answer("{}", expect_mapping), MapNode)
    assert answer("[a, b]", texts) == ("a", "b")


@pytest.mark.parametrize(
    ("text", "expect", "words"),
    [
        ("[a]", expect_str, "expected a text, found a list"),
        ("{a: 1}", expect_str, "expected a text, found a map"),
        ("3.10", expect_str, 'expected a text, found the number 3.10; write "3.10", in quotes'),
        ("true", expect_str, 'expected a text, found true; write "true", in quotes'),
        ("", expect_str, 'expected a text, found nothing; write "" for an empty text'),
        ("abc", expect_int, 'expected a whole number, found the text "abc"'),
        ("'3'", expect_int, 'expected a whole number, found the text "3"; write 3 without quotes'),
        ("3.0", expect_int, "expected a whole number, found the number 3.0"),
        ("true", expect_int, "expected a whole number, found true"),
        ("true", expect_number, "expected a number, found true"),
        ("'1.5'", expect_number, 'expected a number, found the text "1.5"; write 1.5 without quotes'),
        ("yes", expect_bool, 'expected true or false, found the text "yes"; write true'),
        ("Off", expect_bool, 'expected true or false, found the text "Off"; write false'),
        ("'true'", expect_bool, 'expected true or false, found the text "true"; write true without quotes'),
        ("1", expect_bool, "expected true or false, found the number 1"),
        ("dokcer", one_of, "expected 'native', 'bwrap' or 'docker', found the text \"dokcer\"; did you mean 'docker'?"),
        ("[a]", one_of, "expected 'native', 'bwrap' or 'docker', found a list"),
        ("", one_of, "expected 'native', 'bwrap' or 'docker', found nothing"),
        ("a", expect_list, "expected a list, found the text \"a\"; write items below it: '- item'"),
        ("a", expect_mapping, "expected a map, found the text \"a\"; write keys below it: 'key: value'"),
        (
            "a:1",
            expect_mapping,
            'expected a map, found the text "a:1"; a blank is missing after the colon: write "a: 1"',
        ),
    ],
)
def test_what_is_otherwise_is_named_beside_what_is_right(text: str, expect: Callable[..., Any], words: str) -> None:
    assert told(text, expect) == words


@pytest.mark.parametrize("expect", [expect_int, expect_number])
def test_bounds_are_inclusive(expect: Callable[..., Any]) -> None:
    what = "a whole number" if expect is expect_int else "a number"
    assert [answer(text, expect, minimum=1, maximum=20) for text in ("1", "20")] == [1, 20]
    assert told("0", expect, minimum=1, maximum=20) == f"expected {what} from 1 to 20, found the number 0"
    assert told("21", expect, minimum=1, maximum=20) == f"expected {what} from 1 to 20, found the number 21"
    assert told("0", expect, minimum=1) == f"expected {what} of at least 1, found the number 0"
    assert told("2", expect, maximum=1) == f"expected {what} of at most 1, found the number 2"


def test_a_number_can_be_taken_as_it_is_written() -> None:
    assert answer("3.10", expect_str, as_written=True) == "3.10"
    assert answer("017", expect_str, as_written=True) == "017"
    assert told("", expect_str, as_written=True) == 'expected a text, found nothing; write "" for an empty text'


def test_of_a_list_each_wrong_item_is_told() -> None:
    found, words = read("[a, 1, b, []]", texts)
    assert found == ("a", "b")
    assert [line.split(": ")[1] for line in words.splitlines()] == ["key[1]", "key[3]"]
    assert told("a", texts).startswith("expected a list")


def test_of_what_is_broken_already_nothing_more_is_said() -> None:
    for text in ("*none", "!what x", "{{ x }}", ".nan"):
        for expect in (expect_str, expect_int, expect_bool, expect_list, expect_mapping, one_of):
            found, words = read(text, expect)
            assert found is None
            assert len(words.splitlines()) == 1


def test_long_and_strange_text_is_shown_short_and_safe() -> None:
    words = told('"\\e[31m' + "x" * 100 + '"', expect_int)
    assert words == f'expected a whole number, found the text "\\u001b[31m{"x" * 34}…"'
    assert told('"\\x9b\\u200f"', expect_int).endswith('found the text "\\x9b\\u200f"')
