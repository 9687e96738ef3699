"""The name by which targets know a home: made once, and kept in it. A moved one keeps it, a copy gets its own."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.targets.whole import write_whole

NOTE = "home.json"


class HomeNote(msgspec.Struct, frozen=True):
    """The name, and where its home was when it was looked at last."""

    id: str
    root: str


def home_id(home: str) -> str:
    """The name of the home in this folder."""
    note = _read(home)
    if note is not None and note.root == home:
        return note.id
    if note is None or _is_elsewhere(note):
        note = HomeNote(os.urandom(8).hex(), home)
    try:
        write_whole(Path(home, NOTE), msgspec.json.encode(HomeNote(note.id, home)))
    except OSError as error:
        raise ConfigError(f"{home} cannot be written to: {error.strerror}") from error
    return note.id


def _is_elsewhere(note: HomeNote) -> bool:
    """Whether the home of this note is still where it was, so that what has the same note is a copy."""
    other = _read(note.root)
    return other is not None and other.id == note.id


def _read(home: str) -> HomeNote | None:
    try:
        return msgspec.json.decode(Path(home, NOTE).read_bytes(), type=HomeNote)
    except (OSError, msgspec.MsgspecError):
        return None
