"""Any text, any value: expressions give a value or an ExpressionError, and keep their promises."""

import json
import shlex
from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stageline.expressions import (
    ExpressionError,
    evaluate_tree,
    parse,
    parse_condition,
    parse_tree,
    tree_errors,
)
from stageline.expressions.compiler import compile_value
from stageline.expressions.filters import FILTERS, TESTS
from stageline.expressions.methods import KNOWN

PIECES = r"""
a b c params stages item nope true false none not and or in is if else range defined 0 1 2 7 1.5 1e9 9999999999
'x' "y" '' '}}' '${{' '%d' '\\' ( ) [ ] { } , : . | ~ + - * / // % ** == != < <= > >= = ! & ? $ # @ ` ' " \
${{ }} {{ {% %} {# #} é 𝔘 ١
"""
WORDS = [*PIECES.split(), " ", "\n", "\t", "\0", ""]
FILTER_NAMES = [item.name for item in FILTERS]
TEST_NAMES = [item.name for item in TESTS]
NAMED = [*FILTER_NAMES, *TEST_NAMES, *sorted(KNOWN)]
ATOMS = ["a", "b", "c", "item", "params.x", "params['a']", "nope", "1", "2.5", "'x'", "''", "true", "none", "[]", "{}"]
SHAPES = (
    """
{0} + {1};{0} * {1};{0} ** {1};{0} % {1};{0} // {1};{0} ~ {1};{0} < {1};{0} in {1};{0} == {1};{0} and {1};{0} or {1}
not {0};-{0};{0} if {1} else {2};({0})[{1}];({0})[{1}:{2}];({0}).x;[{0}, {1}];{{{0}: {1}}};range({0})
({0}) | default({1});({0}) | {f};({0}) | {f}({1});({0}) | {f}({1}, {2});({0}) | map('{f}');({0}) is {t}
({0}) is {t}({1});({0}).{m}({1});({0}).{m}()
""".strip()
    .replace("\n", ";")
    .split(";")
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ANYTHING = JSON | st.dates() | st.datetimes() | st.decimals() | st.binary() | st.sets(st.integers()) | st.just(10**5000)
NAMES = st.fixed_dictionaries(
    {"a": JSON, "b": JSON, "c": JSON, "params": st.dictionaries(st.sampled_from("abcx"), JSON), "item": JSON}
)
SNIPPETS = st.lists(st.sampled_from(WORDS) | st.sampled_from(NAMED), max_size=14).map(" ".join)
TIGHT = st.lists(st.sampled_from(WORDS) | st.sampled_from(NAMED), max_size=10).map("".join)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """Well-formed expressions, most of which do not fit their values."""
    if depth == 0:
        return draw(st.sampled_from(ATOMS))
    part = expressions(depth - 1)
    names = {"f": FILTER_NAMES, "t": TEST_NAMES, "m": sorted(KNOWN)}
    chosen = {key: draw(st.sampled_from(known)) for key, known in names.items()}
    return draw(st.sampled_from(SHAPES)).format(draw(part), draw(part), draw(part), **chosen)


def outcome(text: str, names: Any) -> tuple[str, Any]:
    """The value, or the error as its author sees it; nothing else may come out."""
    try:
        return "value", parse(text).evaluate(names)
    except ExpressionError as caught:
        error = caught
    assert 0 <= error.start < error.end
    assert error.start <= len(error.text)
    assert set(str(error).splitlines()[-1].strip()) == {"^"}
    return "error", str(error)


@given(st.text())
@example("${{")
@example("$${{")
@example("${{ }}")
@example("${{\0}}")
@example("${{ '\\N{DASH}' }}")
@example("${{ 1_000 ~ 0x1f ~ 1e5 }}")
@example("${{ a -}}")
@example("${{ a\r\n\r}}")
def test_any_text_is_read_or_refused(text: str) -> None:
    outcome(text, {})
    outcome("${{" + text + "}}", {})


@given(text=st.text().filter(lambda text: "${{" not in text), names=NAMES)
def test_a_text_without_placeholder_is_itself(text: str, names: Any) -> None:
    template = parse(text)
    assert template.is_constant
    assert template.evaluate(names) == text


@settings(max_examples=400)
@given(SNIPPETS | TIGHT, NAMES)
def test_any_snippet_gives_a_value_or_an_error(snippet: str, names: Any) -> None:
    outcome("${{ " + snippet + " }}", names)
    outcome("before ${{ " + snippet + " }} after", names)


@settings(max_examples=600)
@given(expressions(), NAMES)
def test_any_expression_gives_a_value_or_an_error(expression: str, names: Any) -> None:
    first = outcome("${{ " + expression + " }}", names)
    assert repr(first) == repr(outcome("${{ " + expression + " }}", names))


@settings(max_examples=300)
@given(expressions(), NAMES)
def test_an_expression_reads_no_more_than_its_references_say(expression: str, names: Any) -> None:
    text = "${{ " + expression + " }}"
    try:
        roots = {reference.path[0] for reference in parse(text).references()}
    except ExpressionError:
        return
    kind, result = outcome(text, names)
    if kind == "value":
        assert repr(outcome(text, {key: names[key] for key in names if key in roots})) == repr((kind, result))


@given(ANYTHING, ANYTHING)
def test_any_value_can_be_asked_for_anything(holder: Any, key: Any) -> None:
    for text in (
        "a[b]",
        "a[b].c",
        "a[b][:b]",
        "a | getitem(b)",
        "a | map(attribute=b)",
        "b in a",
        "a < b",
        "a.get(b)",
        "a ~ b",
    ):
        outcome(f"${{{{ {text} }}}}", {"a": holder, "b": key})


@given(SNIPPETS | TIGHT | expressions(), NAMES)
def test_any_condition_gives_a_boolean_or_an_error(text: str, names: Any) -> None:
    for source in (text, "${{ " + text + " }} == 1", "'${{ a }}' == 'x' and " + text):
        with suppress(ExpressionError):
            assert parse_condition(source).evaluate(names) in (True, False)


@given(st.text())
def test_what_is_inserted_is_never_read_again(value: str) -> None:
    assert parse("<${{ x }}|${{ x | string }}>").evaluate({"x": value}) == f"<{value}|{value}>"


@given(st.text(), st.text())
def test_a_condition_compares_the_value_whatever_it_looks_like(left: str, right: str) -> None:
    for text in ("${{ a }} == ${{ b }}", "'${{ a }}' == '${{ b }}'", '"${{ a }}" == ${{ b }}', "${{ a == b }}"):
        assert parse_condition(text).evaluate({"a": left, "b": right}) is (left == right)


@given(st.lists(st.sampled_from(["a", "b", "params", "items", "x", "upper"]), min_size=1, max_size=4), NAMES)
def test_a_plain_path_means_the_same_with_and_without_jinja(keys: list[str], names: Any) -> None:
    text = f"${{{{ {'.'.join(keys)} }}}}"
    evaluate, references = compile_value(text, 3, len(text) - 2)
    assert tuple(references) == parse(text).references()
    try:
        expected = ("value", evaluate(names))
    except ExpressionError as error:
        expected = ("error", str(error))
    assert outcome(text, names) == expected


@given(JSON)
def test_a_tree_of_texts_without_placeholders_is_itself(value: Any) -> None:
    if not tree_errors(value) and parse_tree(value).is_constant and "$${{" not in json.dumps(value):
        assert evaluate_tree(value, {}) == value


@given(JSON)
def test_values_keep_their_type_in_a_tree(value: Any) -> None:
    assert evaluate_tree({"k": ["${{ x }}"]}, {"x": value}) == {"k": [value]}


@given(JSON)
def test_json_goes_there_and_back(value: Any) -> None:
    assert parse("${{ x | json | from_json }}").evaluate({"x": value}) == value


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_quoted_words_are_the_words(words: list[str]) -> None:
    assert shlex.split(parse("${{ w | quote }}").evaluate({"w": words})) == words


@given(st.text(), st.text())
def test_text_around_placeholders_stays(before: str, after: str) -> None:
    if "${{" not in before + "$" and "${{" not in after and not before.endswith("$"):
        assert parse(before + "${{ x }}" + after).evaluate({"x": 1}) == (f"{before}1{after}" if before + after else 1)
