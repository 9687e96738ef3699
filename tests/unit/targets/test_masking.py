"""Masking: no form of a secret is left, whatever stands around it and however it comes; nothing else is touched."""

from __future__ import annotations

import base64
import json
import re
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stageline.targets.masking import Mask, MaskedStream

SECRET = 'hunter2/§ "quoted" it\'s+ok?\\€𝄞'
WAYS = {
    "plain": SECRET,
    "json": json.dumps(SECRET)[1:-1],
    "json as it is": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "json with slashes escaped": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    "json in capitals": json.dumps(SECRET)[1:-1].replace("\\u00a7", "\\u00A7").replace("\\u20ac", "\\u20AC"),
    "url": quote(SECRET),
    "whole url": quote(SECRET, safe=""),
    "form": quote_plus(SECRET),
    "url in small letters": re.sub("%..", lambda code: code[0].lower(), quote(SECRET, safe="")),
    "shell": shlex.quote(SECRET)[1:-1].replace("'\"'\"'", "'\\''"),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 for urls": base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    "base64 of a line": base64.b64encode(SECRET.encode() + b"\n").decode(),
    "base64 in json": base64.b64encode(SECRET.encode()).decode().replace("/", "\\/"),
    "base64 in a url": quote(base64.b64encode(SECRET.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_masked_in_every_way_it_is_written(way: str) -> None:
    assert Mask([SECRET]).text(f"<{WAYS[way]}>") == "<***>"


@pytest.mark.parametrize("before", [b"", b"u", b"us", b"user:", b"user-x:"])
@pytest.mark.parametrize("after", [b"", b"!", b"@h", b"@host and more"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
def test_a_secret_inside_what_is_encoded_is_masked(before: bytes, after: bytes, encode: object) -> None:
    assert callable(encode)
    secret = "s3cr3t-" * 12
    masked = Mask([secret]).data(encode(before + secret.encode() + after)).replace(b"***", b"")
    assert len(masked) <= len(base64.b64encode(before + b"xx" + after)) + 4
    assert b"cjN0LXMzY3" not in masked


def test_all_other_text_stays() -> None:
    text = 'the hunter has 2 of *** % \\ "{}"\n' * 50
    assert Mask([SECRET, "hunter22"]).text(text) == text
    assert Mask(["x"])
    assert not Mask([" "])
    assert Mask([]).text(text) == Mask(["", " ", "\n"]).text(text) == text


def test_secrets_that_overlap_or_contain_each_other_leave_nothing() -> None:
    mask = Mask(["abcdX", "Xefgh", "abcdXe", "aaaa"])
    assert mask.text("1abcdXefgh2") == "1***2"
    assert mask.text("1abcdX efgh2") == "1*** efgh2"
    assert mask.text("baaaaaaaaab") == "b***b"


def test_a_short_secret_is_masked_as_a_whole_word_only() -> None:
    mask = Mask(["ab", "7"])
    assert mask.text("ab abc cab 'ab' a-ab x=7 77 7") == "*** abc cab '***' a-*** x=*** 77 ***"


def test_the_lines_of_a_secret_are_secrets() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n"
    mask = Mask([key])
    assert mask.text(f"<{key}>") == "<***>"
    assert mask.text(f"<{key.strip()}>") == "<***>"
    assert mask.text("> kqhkiG9w0BAQEF <") == "> *** <"
    assert mask.text(json.dumps({"key": key})) == '{"key": "***"}'


def test_values_are_masked_wherever_they_hold_it() -> None:
    value = {"a": ["xhunter2x", 1, None, True], "hunter2": {"n": 123456, "m": 1234567, "f": 0.5}}
    assert Mask(["hunter2", "123456"]).value(value) == {
        "a": ["x***x", 1, None, True],
        "***": {"n": "***", "m": "***", "f": 0.5},
    }


def test_a_mask_says_nothing_of_its_secrets() -> None:
    assert "hunter2" not in repr(Mask(["hunter2"]))


def in_pieces(mask: Mask, data: bytes, cuts: list[int]) -> bytes:
    stream, out, at = MaskedStream(mask), b"", 0
    for cut in sorted({min(cut, len(data)) for cut in cuts}):
        out += stream.feed(data[at:cut])
        at = cut
    return out + stream.feed(data[at:]) + stream.end()


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_that_comes_byte_by_byte_is_masked(way: str) -> None:
    data = f"before {WAYS[way]} after\n{WAYS[way]}".encode()
    assert in_pieces(Mask([SECRET]), data, list(range(len(data)))) == b"before *** after\n***"


@given(
    st.lists(st.sampled_from([*WAYS.values(), "h", "hunt", "\n", "aG", "==", "ab", " ", "abab", "x"]), max_size=8),
    st.lists(st.integers(0, 300)),
)
def test_where_it_is_cut_makes_no_difference_to_what_is_hidden(words: list[str], cuts: list[int]) -> None:
    mask, data = Mask([SECRET, "ab", "ababa"]), "".join(words).encode()
    masked = in_pieces(mask, data, cuts)
    assert masked.replace(b"***", b"") == mask.data(data).replace(b"***", b"")
    for way in WAYS.values():
        assert way.encode() not in masked


def test_what_cannot_be_a_secret_is_not_held_back() -> None:
    stream = MaskedStream(Mask(["hunter2", "secret-token"]))
    for line in (b"fetching h\n", b"a prompt: ", b"hunting s\n", b"aG\n", b"c2\n", b"done\n"):
        assert stream.feed(line) == line
    assert stream.feed(b"ahunt") == b"a"
    assert stream.feed(b"ing\n") == b"hunting\n"


def test_a_secret_whose_first_letters_ended_a_line_in_base64_is_masked_in_the_next() -> None:
    encoded = base64.b64encode(b"hunter2-and-more")
    stream = MaskedStream(Mask(["hunter2-and-more"]))
    assert stream.feed(encoded[:2] + b"\n") == encoded[:2] + b"\n"
    assert stream.feed(encoded[2:] + b"\n") == b"***\n"


def test_a_short_secret_at_the_end_of_a_piece_waits_for_what_follows() -> None:
    stream = MaskedStream(Mask(["ab"]))
    assert stream.feed(b"ab") == b""
    assert stream.feed(b"c ab") == b"abc "
    assert stream.end() == b"***"


def test_a_line_of_base64_in_which_a_secret_has_begun_waits_for_the_next() -> None:
    encoded = base64.b64encode(b"hunter2-and-more")
    stream = MaskedStream(Mask(["hunter2-and-more"]))
    assert stream.feed(b"x " + encoded[:9] + b"\n") == b"x "
    assert stream.feed(encoded[9:] + b"\n") == b"***\n"
