"""What can be kept is JSON; what cannot is refused with its place."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model.jsonvalue import canonical


@dataclass
class Point:
    x: float


def kept(value: dict[str, Any]) -> dict[str, Any]:
    return canonical(value, "outputs")[0]


@pytest.mark.parametrize(
    "value",
    [
        {"text": "grüße", "whole": 3, "real": 0.5, "yes": True, "nothing": None},
        {"nested": [{"deep": [[], {}]}]},
        {"nul": "before\x00after", "control": "\x1b[31m", "quote": '"\\'},
        {"large": 2**64 + 1, "small": -(2**70)},
        {"": "an empty key"},
        {"word": "null", "nothing": None},
    ],
)
def test_json_comes_back_as_it_was(value: dict[str, Any]) -> None:
    assert kept(value) == value


def test_whole_numbers_stay_whole_and_truth_stays_truth() -> None:
    assert [type(item) for item in kept({"values": [1, 1.0, True]})["values"]] == [int, float, bool]


def test_what_is_kept_is_a_private_copy() -> None:
    inner = [1]
    copy = kept({"inner": inner})
    inner.append(2)
    assert copy == {"inner": [1]}


def test_the_bytes_are_those_of_the_copy() -> None:
    assert canonical({"b": 1, "a": [None]}, "outputs")[1] == b'{"b":1,"a":[null]}'


def test_a_tuple_is_kept_as_a_list() -> None:
    assert kept({"pair": (1, (2, 3))}) == {"pair": [1, [2, 3]]}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"by": {1: "one"}}, "['by'] has the key 1"),
        ({"raw": b"ab"}, "['raw'] is of type bytes"),
        ({"rows": [{1, 2}]}, "['rows'][0] is of type set"),
        ({"point": Point(1.5)}, "['point'] is of type Point"),
        ({"price": Decimal("1.10")}, "['price'] is of type Decimal"),
        ({"day": date(2030, 1, 31)}, "['day'] is of type date"),
    ],
)
def test_what_would_be_read_back_as_something_else_is_refused(value: dict[str, Any], words: str) -> None:
    with pytest.raises(DocumentError) as refused:
        kept(value)
    assert f"outputs{words}; JSON has text" in str(refused.value)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(
    ("wrap", "place"),
    [
        (lambda number: {"a": number}, "['a']"),
        (lambda number: {"a": None, "rows": [1, {"mean": number}]}, "['rows'][1]['mean']"),
        (lambda number: {"pair": (0, number)}, "['pair'][1]"),
        (lambda number: {"set": {number}}, "['set'][0]"),
        (lambda number: {"point": Point(number)}, "['point']['x']"),
    ],
)
def test_numbers_that_are_none_are_refused_with_their_place(number: float, wrap: Any, place: str) -> None:
    with pytest.raises(DocumentError) as refused:
        canonical(wrap(number), "outputs")
    assert str(refused.value).startswith(f"outputs{place} is NaN or infinite")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": object()}, "outputs['a']"),
        ({"rows": [1, {"f": print}]}, "outputs['rows'][1]['f']"),
        ({"by": {(1, 2): 3}}, "outputs['by'][(1, 2)]"),
        ({"a": "\ud800"}, "outputs['a']"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(value: dict[str, Any], place: str) -> None:
    with pytest.raises(DocumentError) as refused:
        canonical(value, "outputs")
    assert str(refused.value).startswith(f"{place} is not JSON: ")


def test_what_holds_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    with pytest.raises(DocumentError, match="is not JSON"):
        canonical(endless, "outputs")
