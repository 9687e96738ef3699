"""What was made on a target and said to be done, and is still to come here: a note of each, for whoever comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from stageline.errors import ConfigError
from stageline.targets.whole import write_whole

FOLDER = "owed"


class Made(Protocol):
    """The places of what a script has made, as a unit has them."""

    @property
    def id(self) -> str: ...
    @property
    def out(self) -> str: ...
    @property
    def log(self) -> str: ...
    @property
    def records(self) -> str: ...
    @property
    def outputs(self) -> Mapping[str, str]: ...


class Owed(msgspec.Struct, frozen=True):
    """The same of a script whose unit nobody has any more."""

    id: str
    out: str
    log: str
    records: str
    outputs: Mapping[str, str]


class OwedNotes:
    """Those of one home, which may be moved, and one target."""

    def __init__(self, home: str, target: str) -> None:
        self._home = home
        self._folder = Path(home, FOLDER, target)

    def add(self, made: Made) -> None:
        """This is still to come."""
        out, log, records = (path.removeprefix(f"{self._home}/") for path in (made.out, made.log, made.records))
        note = Owed(made.id, out, log, records, made.outputs)
        try:
            write_whole(self._folder / made.id, msgspec.json.encode(note))
        except OSError as error:
            raise ConfigError(f"{self._folder} cannot be written to: {error.strerror}") from error

    def paid(self, ids: Iterable[str]) -> None:
        """These have come, or are not wanted."""
        for id in ids:
            (self._folder / id).unlink(missing_ok=True)

    def all(self) -> list[Owed]:
        """All that is still to come."""
        return [note for path in self._paths() if (note := self._read(path)) is not None]

    def _paths(self) -> list[Path]:
        return sorted(self._folder.iterdir()) if self._folder.is_dir() else []

    def _read(self, path: Path) -> Owed | None:
        try:
            note = msgspec.json.decode(path.read_bytes(), type=Owed)
        except (OSError, msgspec.MsgspecError):
            return None
        out, log, records = (f"{self._home}/{name}" for name in (note.out, note.log, note.records))
        return Owed(note.id, out, log, records, note.outputs)
