"""The Labs that a home has: which there are, when each was built last, and which are pinned."""

from __future__ import annotations

from pathlib import Path

import msgspec

from stageline.errors import ConfigError, UnknownName
from stageline.lab.layout import Home
from stageline.lab.read import BuiltLab, read_lab

PINS = "pins"


class Shelved(msgspec.Struct, frozen=True):
    """A Lab of a home. `built` is in nanoseconds since 1970; each build renews it."""

    id: str
    root: Path
    built: int
    pinned: bool


def shelf_of(home: Home) -> list[Shelved]:
    """All Labs, the latest first."""
    if not home.labs.is_dir():
        return []
    pinned = pins_of(home)
    found = [
        Shelved(root.name, root, root.stat().st_mtime_ns, root.name in pinned)
        for root in home.labs.iterdir()
        if root.is_dir()
    ]
    return sorted(found, key=lambda one: (-one.built, one.id))


def lab_named(home: Path, prefix: str) -> BuiltLab:
    """The one Lab of a home whose id begins so; UnknownName when there is none, or several."""
    found = [one for one in shelf_of(Home(home)) if one.id.startswith(prefix)]
    if len(found) == 1:
        return read_lab(found[0].root)
    if found:
        raise UnknownName(f"'{prefix}' is the beginning of {len(found)} Labs: {', '.join(one.id for one in found)}")
    known = ", ".join(one.id[:12] for one in shelf_of(Home(home))) or "none"
    raise UnknownName(f"there is no Lab '{prefix}', neither here nor in {home}; that has {known}")


def pins_of(home: Home) -> frozenset[str]:
    """The ids of the Labs that are kept for ever."""
    folder = home.root / PINS
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def pin(home: Home, id: str) -> None:
    """Keep a Lab for ever."""
    folder = home.root / PINS
    try:
        folder.mkdir(exist_ok=True)
        (folder / id).touch()
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written to: {error.strerror}") from error


def unpin(home: Home, id: str) -> bool:
    """Keep a Lab no longer than others; answers whether it was pinned."""
    path = home.root / PINS / id
    was = path.exists()
    path.unlink(missing_ok=True)
    return was
