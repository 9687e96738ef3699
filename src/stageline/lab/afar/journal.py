"""What was handed to a target's batch system, kept here from before it is handed over until all of it is concluded.

So whoever comes after a crash hands the same over under the same name, which is done once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.model.resources import Resources
from stageline.targets.target import Order
from stageline.targets.whole import write_whole

FOLDER = "away"


class Entry(msgspec.Struct, frozen=True):
    """One submission. `live` are the ids of what is not concluded; `tries` says how often they were handed over."""

    token: str
    orders: tuple[Order, ...]
    resources: Resources
    live: tuple[str, ...]
    tries: Mapping[str, int]


class Journal:
    """The submissions of a home to one target."""

    def __init__(self, home: str, target: str) -> None:
        self._folder = Path(home, FOLDER, target)

    def entries(self) -> list[Entry]:
        """All that is not concluded."""
        found: list[Entry] = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=Entry))
            except (OSError, msgspec.MsgspecError) as error:
                raise ConfigError(
                    f"{path} cannot be read: {error}; cancel its jobs on the cluster, and remove it"
                ) from error
        return found

    def keep(self, entry: Entry) -> None:
        """Remember this; one without anything live is forgotten."""
        path = self._folder / f"{entry.token}.json"
        try:
            if entry.live:
                write_whole(path, msgspec.json.encode(entry))
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
