"""A capture that lies over another: what it does not have itself are links to there, so that both have it once. Pure.

The programs in `bin` are in each, as a program finds all else from where it is; and links lead from folder to folder of
the Lab's tools, so they hold wherever these are together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from stageline.lab.capture import Capture, capture_of
from stageline.lab.layout import BIN
from stageline.targets.layers import Entry


class Stacked(msgspec.Struct, frozen=True):
    """Captures, each over the next. `names` are all files that the uppermost has or leads to."""

    captures: tuple[Capture, ...]
    names: frozenset[str]


def ground(capture: Capture) -> Stacked:
    """A capture that lies over none."""
    return Stacked((capture,), frozenset(capture.contents))


def over(below: Stacked, entries: Mapping[str, Entry]) -> Stacked:
    """A capture of these entries, over others."""
    upper = below.captures[0]
    programs = {entry.name: entry for entry in upper.entries if entry.name.startswith(f"{BIN}/")}
    own = {**programs, **entries}
    folders = {folder for name in own for folder in _folders(name)}
    linked = {_linked(name, folders) for name in below.names - own.keys()}
    links = [Entry(name=name, link=f"{_up(name)}{upper.digest}/{name}", mode=0o777) for name in linked]
    capture = capture_of([*own.values(), *links])
    return Stacked((capture, *below.captures), below.names | own.keys())


def _linked(name: str, folders: set[str]) -> str:
    """The highest folder around a file that a capture has nothing in, or the file."""
    return next((folder for folder in _folders(name) if folder not in folders), name)


def _folders(name: str) -> Iterator[str]:
    """The folders that a file is in, from the top."""
    parts = name.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def _up(name: str) -> str:
    """From a file's folder to what the capture is in."""
    return "../" * (name.count("/") + 1)
