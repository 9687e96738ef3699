"""The loader under any text: it answers or raises LoadError, agrees with JSON and PyYAML, and every place is right."""

import json
import re
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from stageline.load.nodes import AliasNode, ListNode, MapNode, Node, Plain, ScalarNode, plain
from stageline.load.path import path_of
from stageline.load.problems import LoadError, Problems
from stageline.load.read import Parser, collect_documents, decode, read_documents
from stageline.load.scalars import ScalarRefused, resolve
from stageline.load.source import Source
from stageline.load.within import within, within_line

PARSERS: tuple[Parser, ...] = (yaml.CBaseLoader, yaml.BaseLoader)
both_parsers = pytest.mark.parametrize("parser", PARSERS, ids=["c", "python"])

VALID = """\
name: &name "flow"   # comment
params: {debug: {type: bool, default: no}, 'it''s': [1, 2.5, ~]}
defaults: &defaults
  retry: 0x1f
  env: {A: "x\\ty"}
stages:
  - name: *name
    <<: *defaults
    if: ${{ params.debug }}
    bash: |
      set -e
        deep

      echo "${{ item }}"
  - run: >-
      folded
      text

      more
    ? other
    : plain
      text

      goes on
--- !!map
- a
...
"""
PIECES = [
    "\n",
    "  ",
    "\t",
    "- ",
    ": ",
    "? ",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "|",
    ">",
    "|2-",
    "'",
    '"',
    "\\",
    "{",
    "}",
]
PIECES += [
    "[",
    "]",
    ",",
    "<<",
    "---",
    "...",
    "%YAML 1.1\n",
    "%TAG ! !\n",
    "${{",
    "}}",
    "\r",
    "\ufeff",
    "\u2028",
    "\x00",
]
PIECES += ["a", "0x", ".nan", "1e999", "\ud800", "😀", "\\ud83d", "\\x4", "@", "`", "~", "null"]

yamlish = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=60).map("".join)
anything = st.text() | yamlish
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=25
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good file with a few pieces cut out, put in or cut off."""
    text = VALID
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from([*PIECES, ""])) + text[at + draw(st.integers(0, 8)) :]
    return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text


def read(text: str, parser: Parser = yaml.CBaseLoader) -> tuple[tuple[Node, ...], Problems]:
    problems = Problems()
    return collect_documents(Source("f", text), problems, parser), problems


def every(node: Node) -> list[Node]:
    found: list[Node] = [node]
    if isinstance(node, ListNode):
        for item in node.items:
            found += every(item)
    if isinstance(node, MapNode):
        for entry in node.entries.values():
            found += [entry.key, *every(entry.value)]
    return found


def check_all_is_told(text: str, parser: Parser) -> None:
    documents, problems = read(text, parser)
    for problem in problems.error().problems:
        assert problem.message
        assert problem.place.line <= len(re.split("\r\n|\r|\n", text))
    assert problems.error().details() or not len(problems)
    for node in documents:
        plain(node)
        for each in every(node):
            assert 0 <= each.start <= each.end <= len(text)
            path_of(each, documents)
            if isinstance(each, ScalarNode):
                for offset in range(-1, min(len(each.text), 20) + 2):
                    within(each, offset, 2)


@both_parsers
@given(anything)
@example("a: 0x" + "f" * 2000)
@example("- " * 300)
@example("%YAML 1.99999999999999999999999999999\n---\na")
@example('"\\UFFFFFFFF"')
@example('"\\U00110000"')
def test_no_text_raises_anything_but_a_load_error(parser: Parser, text: str) -> None:
    check_all_is_told(text, parser)


@both_parsers
@given(mutated())
def test_no_broken_file_raises_anything_but_a_load_error(parser: Parser, text: str) -> None:
    check_all_is_told(text, parser)


@given(st.integers(0, len(VALID)))
def test_no_truncated_file_raises_anything_but_a_load_error(length: int) -> None:
    for parser in PARSERS:
        check_all_is_told(VALID[:length], parser)


@given(st.binary() | anything.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_raise_anything_but_a_load_error(data: bytes) -> None:
    with suppress(LoadError):
        source = decode(data, "f")
        read_documents(source.text, source.name)


@given(anything | mutated())
def test_both_parsers_mean_the_same_where_both_accept(text: str) -> None:
    (by_c, told_c), (by_python, told_python) = (read(text, parser) for parser in PARSERS)
    assume(not len(told_c) and not len(told_python))
    assert [plain(node) for node in by_c] == [plain(node) for node in by_python]


@both_parsers
@given(values, st.booleans())
def test_json_is_yaml(parser: Parser, value: Plain, indented: bool) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2 if indented else None)
    documents, problems = read(_escaped(text), parser)
    assert str(problems.error()) == ""
    assert [plain(node) for node in documents] == [value]


@both_parsers
@given(values, st.sampled_from([None, "'", '"', "|", ">"]), st.sampled_from([None, True, False]))
def test_what_pyyaml_writes_is_read_as_it_was(parser: Parser, value: Any, style: Any, flow: Any) -> None:
    assume(all(_is_text(text) for text in _texts(value)))
    text = yaml.safe_dump(value, default_style=style, default_flow_style=flow, width=20)
    documents, problems = read(text, parser)
    assert str(problems.error()) == ""
    assert [plain(node) for node in documents] == [value]


@both_parsers
@given(values, st.sampled_from([None, "'", '"', "|", ">"]), st.integers(10, 80))
def test_every_place_points_at_its_text(parser: Parser, value: Any, style: Any, width: int) -> None:
    text = yaml.safe_dump(value, default_style=style, width=width, allow_unicode=True)
    documents, _ = read(text, parser)
    for node in (each for root in documents for each in every(root)):
        if isinstance(node, ScalarNode) and not isinstance(node, AliasNode):
            assert node.source.text[node.start :].startswith(node.style or node.text.split("\n")[0].split(" ")[0])
            check_offsets(node)


def check_offsets(node: ScalarNode) -> None:
    """Every visible character of a value is found in the file, but for those that are escaped there."""
    source = node.source
    for offset, character in enumerate(node.text):
        at = within(node, offset).start
        escaped = source.text[at] == "\\" or source.text[at : at + 2] == "''"
        if not character.isspace():
            assert source.text[at] == character or escaped
        line = node.text.count("\n", 0, offset) + 1
        column = offset - node.text.rfind("\n", 0, offset)
        assert within_line(node, line, column).start == at


def _escaped(text: str) -> str:
    """JSON allows some characters as they are which YAML's printable set does not hold."""
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in _texts(each)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def _is_text(text: str) -> bool:
    """PyYAML leaves text without quotes that YAML 1.2 reads as a number, such as 1e3 and 0o7."""
    try:
        return resolve(text) == text
    except ScalarRefused:
        return False
