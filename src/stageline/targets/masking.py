"""Secrets are replaced by `***`: as given, and where they are encoded for a URL, for JSON, for a shell, or in base64.

A secret of several lines is masked line by line too. One of fewer than four characters is masked only where it stands
as a whole word and as given: anywhere else it would hide half the text and show that it did.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator
from typing import Any

STARS = "***"
SHORT = 4
LINE = 8
CONTEXT = 8
_SURE = 5
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_IN_BASE64 = {"+": ("+", "-", "%2B", "%2b"), "/": ("/", "_", "\\/", "%2F", "%2f"), "=": ("", "=", "%3D", "%3d")}
_WRAP = (b"", b"\n", b"\r\n", b"\\n", b"\\r\\n")

Unit = tuple[bytes, ...]


class Mask:
    """Knows how a set of secrets may look in a text. It says nothing about them itself."""

    def __init__(self, secrets: Collection[str]) -> None:
        given = {secret for secret in secrets if secret.strip()}
        lines = {line.strip() for secret in given for line in secret.splitlines()}
        wanted = given | {secret.strip() for secret in given} | {line for line in lines if len(line) >= LINE}
        self._patterns = [pattern for secret in sorted(wanted) for pattern in _patterns(secret)]

    def __bool__(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._patterns)

    def text(self, text: str) -> str:
        """The text without the secrets."""
        return self.data(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """The same for bytes."""
        stream = MaskedStream(self)
        return stream.feed(data) + stream.end()

    def value(self, value: Any) -> Any:
        """A JSON value without the secrets: in its texts, its keys, and as a number."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(key): self.value(item) for key, item in value.items()}
            case list():
                return [self.value(item) for item in value]
            case int() | float() if self.text(str(value)) != str(value):
                return STARS
            case _:
                return value

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where secrets are; those that touch or overlap as one."""
        merged: list[tuple[int, int]] = []
        for begin, end in sorted(span for pattern in self._patterns for span in pattern.spans(data)):
            if merged and begin <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(end, merged[-1][1])
            else:
                merged.append((begin, end))
        return merged

    def sure(self, data: bytes) -> int:
        """Up to where `data` can be told for sure: beyond it, a secret may have begun that is not all there yet."""
        return min((pattern.sure(data) for pattern in self._patterns), default=len(data))


class MaskedStream:
    """Masks what comes piece by piece. Only what may be the beginning of a secret is held back.

    The last bytes that were given out are kept as context.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._kept = b""
        self._done = 0

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; gives what can be told for sure."""
        self._kept += data
        return self._told(self._mask.sure(self._kept))

    def end(self) -> bytes:
        """What was held back."""
        return self._told(len(self._kept))

    def _told(self, until: int) -> bytes:
        at, pieces = self._done, []
        for begin, end in self._mask.spans(self._kept):
            if end > at and begin < until:
                pieces += [self._kept[at:begin], STARS.encode()]
                at = end
        pieces.append(self._kept[at:until])
        at = max(at, until)
        drop = max(0, until - CONTEXT)
        self._kept, self._done = self._kept[drop:], at - drop
        return b"".join(pieces)


class _Pattern:
    """One look of one secret: units in a row, each of which may be written in several ways."""

    def __init__(self, units: list[Unit], word: bool = False) -> None:
        self._units = units
        self._word = word
        self._longest = sum(max(map(len, unit)) for unit in units)
        text = b"".join(map(_as_regex, units))
        self._regex = re.compile(rb"(?<![0-9A-Za-z_])%s(?![0-9A-Za-z_])" % text if word else text)
        self._first = re.compile(b"[" + b"".join({re.escape(way[:1]) for way in units[0]}) + b"]")

    def spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        found = self._regex.search(data)
        while found:
            yield found.span()
            found = self._regex.search(data, found.start() + 1)

    def sure(self, data: bytes) -> int:
        for first in self._first.finditer(data, max(0, len(data) - self._longest)):
            if self._may_begin(data, first.start()):
                return first.start()
        return len(data)

    def _may_begin(self, data: bytes, start: int) -> bool:
        """Whether all from `start` on could be the beginning of this; a line's end with little before it is not held.

        What little has then been given out is still known as context.
        """
        if data.endswith(b"\n") and len(data) - start < _SURE:
            return False
        places = {start}
        for unit in self._units:
            reached = set()
            for place in places:
                for way in unit:
                    if data.startswith(way, place):
                        reached.add(place + len(way))
                    elif way.startswith(data[place:]):
                        return True
            if not reached:
                return False
            places = reached
        return self._word and len(data) in places


def _as_regex(unit: Unit) -> bytes:
    ways = b"|".join(re.escape(way) for way in unit if way)
    return b"(?:%s)%s" % (ways, b"?" if b"" in unit else b"") if len(unit) > 1 else ways


def _patterns(secret: str) -> Iterator[_Pattern]:
    yield _Pattern([_ways(character) for character in secret], word=len(secret) < SHORT)
    if len(secret) < SHORT:
        return
    raw = secret.encode("utf-8", "surrogatepass")
    for before, foreign in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * before + raw).decode()
        yield _in_base64(encoded[foreign : (before + len(raw)) * 8 // 6])
    for whole in (raw, raw + b"\n"):
        yield _in_base64(base64.b64encode(whole).decode())


def _in_base64(text: str) -> _Pattern:
    """Of both alphabets, padded or not, and broken into lines anywhere."""
    units: list[Unit] = []
    for character in text:
        ways = _IN_BASE64.get(character, (character,))
        units += [tuple(way.encode() for way in ways), _WRAP]
    return _Pattern(units[:-1])


def _ways(character: str) -> Unit:
    """How one character may be written: as it is, for a URL, for JSON, or for a shell."""
    raw = character.encode("utf-8", "surrogatepass")
    codes = re.findall("....", character.encode("utf-16-be", "surrogatepass").hex())
    escaped = "".join(f"\\u{code}" for code in codes)
    escaped_upper = "".join(f"\\u{code.upper()}" for code in codes)
    percent = "".join(f"%{byte:02X}" for byte in raw)
    ways = {raw, percent.encode(), percent.lower().encode(), escaped.encode(), escaped_upper.encode()}
    if character in _ESCAPES:
        ways.add(_ESCAPES[character].encode())
    elif character.isascii() and not character.isalnum():
        ways.add(b"\\" + raw)
    if character == " ":
        ways.add(b"+")
    if character == "'":
        ways.add(b"'\\''")
    return tuple(sorted(ways, key=len))
