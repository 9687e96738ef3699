"""The filters and tests of the expression language, as tables: from these they are looked up, checked and documented.

Jinja's own, as far as they are safe and give the same result everywhere, and ours. Not taken over: `random`, `attr`,
`pprint`, and all that makes HTML (`escape`, `safe`, `striptags`, `urlize`, `xmlattr`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from jinja2 import filters as jinja
from jinja2.tests import TESTS as JINJA_TESTS

from stageline.expressions import list_filters, text_filters, value_filters


@dataclass(frozen=True)
class Filter:
    """One filter: how it is written, what it does, and an example that holds."""

    name: str
    arguments: str
    call: Callable[..., Any]
    summary: str
    example: str


@dataclass(frozen=True)
class Test:
    """One test for `x is …`."""

    name: str
    call: Callable[..., Any]
    summary: str
    example: str


_FILTERS: tuple[tuple[str, str, Callable[..., Any], str, str], ...] = (
    ("abs", "", abs, "the number without its sign", "-2 | abs == 2"),
    ("batch", "(linecount, fill_with)", list_filters.batch,
     "lists of so many items, the last one filled up", "[1, 2, 3] | batch(2) == [[1, 2], [3]]"),
    ("capitalize", "", text_filters.capitalize, "first letter upper case, others lower", "'aB' | capitalize == 'Ab'"),
    ("center", "(width)", text_filters.center, "blanks on both sides", "'a' | center(3) == ' a '"),
    ("coalesce", "(other, …)", value_filters.coalesce, "the first that is not null", "none | coalesce(1) == 1"),
    ("count", "", len, "the same as `length`", "[1, 2] | count == 2"),
    ("d", "(default_value, boolean=false)", value_filters.default,
     "the same as `default`", "params.none_such | d(1) == 1"),
    ("default", "(default_value, boolean=false)", value_filters.default,
     "another value where none is there; also where it is empty", "params.none_such | default(1) == 1"),
    ("dictsort", "(by='key', reverse=false)", list_filters.dictsort,
     "pairs of a mapping, sorted", "{'b': 1, 'a': 2} | dictsort == [['a', 2], ['b', 1]]"),
    ("filesizeformat", "(binary=false)", text_filters.filesizeformat,
     "bytes for people", "1000 | filesizeformat == '1.0 kB'"),
    ("first", "", jinja.sync_do_first, "the first item", "[1, 2] | first == 1"),
    ("float", "(default)", value_filters.to_float,
     "a number of a text; what is none is an error, or `default`", "'1.5' | float == 1.5"),
    ("fmt", "(format)", value_filters.fmt,
     "a date by strftime, a number or text by a format specification", "7 | fmt('03d') == '007'"),
    ("format", "(values, …)", text_filters.percent, "`%s` and such in a text", "'%s-%03d' | format('a', 7) == 'a-007'"),
    ("from_json", "", value_filters.from_json, "the value that a JSON text means", "'[1]' | from_json == [1]"),
    ("getitem", "(key, default)", value_filters.getitem,
     "the item under a key; `default` where there is none", "{'a': 1} | getitem('b', 2) == 2"),
    ("groupby", "(attribute)", jinja.sync_do_groupby,
     "groups of items: pairs of a value and its items", "[{'n': 1}] | groupby('n') | map('first') == [1]"),
    ("indent", "(width=4, first=false, blank=false)", text_filters.indent,
     "blanks before each line but the first", "'a\\nb' | indent(1) == 'a\\n b'"),
    ("int", "(default, base=10)", value_filters.to_int,
     "a whole number of a text; what is none is an error, or `default`", "'7' | int == 7"),
    ("items", "", list_filters.items, "the pairs of a mapping", "{'a': 1} | items == [['a', 1]]"),
    ("join", "(d='', attribute)", list_filters.join, "the items as one text", "[1, 2] | join('-') == '1-2'"),
    ("json", "(indent)", value_filters.json, "the value as JSON", "{'a': [1]} | json == '{\"a\": [1]}'"),
    ("last", "", list_filters.last, "the last item", "[1, 2] | last == 2"),
    ("length", "", len, "how many items or characters", "'abc' | length == 3"),
    ("list", "", list, "the items, or characters, as a list", "'ab' | list == ['a', 'b']"),
    ("lower", "", text_filters.lower, "lower case", "'A' | lower == 'a'"),
    ("map", "(filter, …) or (attribute=…)", jinja.sync_do_map,
     "a filter on every item, or an attribute of it", "['a'] | map('upper') == ['A']"),
    ("max", "(attribute)", jinja.do_max, "the largest item", "[1, 2] | max == 2"),
    ("min", "(attribute)", jinja.do_min, "the smallest item", "[1, 2] | min == 1"),
    ("quote", "", value_filters.quote, "one word of bash; a list as several", "['a b', 'c'] | quote == \"'a b' c\""),
    ("reject", "(test, …)", jinja.sync_do_reject,
     "the items that do not pass a test", "[1, 2] | reject('odd') == [2]"),
    ("rejectattr", "(attribute, test, …)", jinja.sync_do_rejectattr,
     "the same by an attribute", "[{'n': 1}] | rejectattr('n', 'odd') == []"),
    ("replace", "(old, new, count)", text_filters.replace,
     "other text in its place", "'aa' | replace('a', 'b', 1) == 'ba'"),
    ("reverse", "", jinja.do_reverse, "from last to first", "[1, 2] | reverse == [2, 1]"),
    ("round", "(precision=0, method='common')", value_filters.rounded,
     "rounded; also by 'ceil' and 'floor'", "1.25 | round(1, 'ceil') == 1.3"),
    ("select", "(test, …)", jinja.sync_do_select, "the items that pass a test", "[1, 2] | select('odd') == [1]"),
    ("selectattr", "(attribute, test, …)", jinja.sync_do_selectattr,
     "the same by an attribute", "[{'n': 1}] | selectattr('n', 'odd') | length == 1"),
    ("slice", "(slices, fill_with)", list_filters.cut,
     "cut into so many lists", "[1, 2, 3] | slice(2) == [[1, 2], [3]]"),
    ("sort", "(reverse=false, case_sensitive=false, attribute)", jinja.do_sort,
     "sorted", "[2, 1] | sort == [1, 2]"),
    ("string", "", text_filters.string, "as it would stand in a text", "true | string == 'true'"),
    ("sum", "(attribute, start=0)", list_filters.total, "the sum of numbers", "[1, 2] | sum == 3"),
    ("title", "", text_filters.title, "every word capitalized", "'a b' | title == 'A B'"),
    ("tojson", "(indent)", value_filters.json, "the same as `json`", "[1] | tojson == '[1]'"),
    ("trim", "(chars)", text_filters.trim, "without blanks at both ends", "' a ' | trim == 'a'"),
    ("truncate", "(length=255, killwords=false, end='...', leeway)", text_filters.truncate,
     "cut short", "'abcdefghijk' | truncate(5) == 'ab...'"),
    ("unique", "(case_sensitive=false, attribute)", jinja.sync_do_unique,
     "without repetitions", "[1, 1] | unique == [1]"),
    ("upper", "", text_filters.upper, "upper case", "'a' | upper == 'A'"),
    ("urlencode", "", text_filters.urlencode, "safe in a URL", "'a b' | urlencode == 'a%20b'"),
    ("wordcount", "", text_filters.wordcount, "how many words", "'a b' | wordcount == 2"),
    ("wordwrap", "(width=79, break_long_words=true)", text_filters.wordwrap,
     "broken into lines", "'a b' | wordwrap(1) == 'a\\nb'"),
)  # fmt: skip
_TESTS = (
    ("boolean", "true or false", "true is boolean"),
    ("defined", "there is such a value", "params is defined"),
    ("divisibleby", "without a rest by a number", "6 is divisibleby 3"),
    (
        "eq",
        "equal; also `equalto`, `ne`, `lt`, `le`, `gt`, `ge` for `select` and `reject`",
        "[1, 2] | select('eq', 1) == [1]",
    ),
    ("even", "an even number", "2 is even"),
    ("false", "the value false", "false is false"),
    ("float", "a number with a fraction", "1.5 is float"),
    ("in", "contained in a list, mapping or text", "1 is in [1, 2]"),
    ("integer", "a whole number", "1 is integer"),
    ("iterable", "has items", "[] is iterable"),
    ("lower", "all lower case", "'a' is lower"),
    ("mapping", "has keys", "{} is mapping"),
    ("none", "null", "none is none"),
    ("number", "any number", "1.5 is number"),
    ("odd", "an odd number", "1 is odd"),
    ("sequence", "has items by position", "[] is sequence"),
    ("string", "a text", "'' is string"),
    ("true", "the value true", "true is true"),
    ("undefined", "there is no such value", "params.none_such is undefined"),
    ("upper", "all upper case", "'A' is upper"),
    *((sign, "for `select` and `reject`", f"[2] | select('{sign}', 2) == [2]") for sign in ("==", ">=", "<=")),
    *((sign, "for `select` and `reject`", f"[2] | reject('{sign}', 2) == [2]") for sign in ("!=", ">", "<")),
    *((name, "the same, for `select` and `reject`", f"1 is {name} 1") for name in ("equalto", "le", "ge")),
    *((name, "the same, for `select` and `reject`", f"2 is {name} 1") for name in ("gt", "greaterthan", "ne")),
    *((name, "the same, for `select` and `reject`", f"1 is {name} 2") for name in ("lt", "lessthan")),
)

_OUR_TESTS: Mapping[str, Callable[..., Any]] = {"defined": value_filters.there, "undefined": value_filters.absent}

FILTERS: tuple[Filter, ...] = tuple(Filter(*row) for row in _FILTERS)
TESTS: tuple[Test, ...] = tuple(
    Test(name, _OUR_TESTS.get(name) or cast(Callable[..., Any], JINJA_TESTS[name]), *words) for name, *words in _TESTS
)
FUNCTIONS = (("range", "(start, stop, step)", "whole numbers as a list", "range(3) == [0, 1, 2]"),)
