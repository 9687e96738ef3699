"""Times, spans and values as they are read and written on the command line."""

from typing import Any

import pytest

from stageline.cli.given import json_object, pairs, texts
from stageline.cli.labs import params_words
from stageline.cli.times import SECOND, iso, read_span, span
from stageline.errors import DocumentError


def test_times_are_iso_8601_in_utc() -> None:
    assert iso(1_700_000_000_123_456) == "2023-11-14T22:13:20.123Z"
    assert iso(None) is None


def test_parameters_stand_in_one_line_whatever_they_hold() -> None:
    params = {"n": 1, "flag": True, "half": 0.5, "plain": "é-1", "none": "", "two": "a b", "lines": 'x\n"y"'}
    assert params_words(params) == r'''n=1 flag=true half=0.5 plain=é-1 none="" two="a b" lines="x\n\"y\""'''
    assert params_words({"seed": (1, 2), "train.lr": "a,b"}) == "seed=[1, 2] train.lr=a,b"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0s"), (1.26, "1.3s"), (59.9, "59.9s"), (61, "1m01s"), (3_725, "1h02m"), (-3, "0.0s")]
)
def test_a_span_is_short(seconds: float, text: str) -> None:
    assert span(0, int(seconds * SECOND)) == text


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 2_592_000), ("12h", 43_200), ("1.5m", 90), (" 5 S ", 5), ("2w", 1_209_600)]
)
def test_a_span_is_read(text: str, seconds: int) -> None:
    assert read_span(text) == seconds * SECOND


@pytest.mark.parametrize("text", ["", "5", "d", "-1d", "1y", "1d2h"])
def test_what_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(DocumentError, match="30d"):
        read_span(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("a=1", 1),
        ("a=true", True),
        ("a=[1, 2]", [1, 2]),
        ("a=yes", "yes"),
        ("a=", ""),
        ("a=x=y", "x=y"),
        ('a="1"', "1"),
    ],
)
def test_a_value_that_is_json_is_taken_as_that(word: str, value: Any) -> None:
    assert pairs([word]) == {"a": value}


def test_parameters_stay_texts() -> None:
    assert texts(["a=1", "b= x "]) == {"a": "1", "b": " x "}


@pytest.mark.parametrize("word", ["a", "=1", ""])
def test_what_is_no_pair_is_refused(word: str) -> None:
    with pytest.raises(DocumentError, match="KEY=VALUE"):
        texts([word])


@pytest.mark.parametrize("text", ["[1]", "{", "1", "{'a': 1}"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(DocumentError, match="a JSON object"):
        json_object(text)
