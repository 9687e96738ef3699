"""This machine as a target: what is started goes on when the engine ends."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from stageline.errors import Canceled, ConfigError, DocumentError, StagelineError
from stageline.targets.agent import checked_name
from stageline.targets.agent_target import AgentTarget
from stageline.targets.cancellation import Cancellation
from stageline.targets.process import Ended


class LocalTarget(AgentTarget):
    """A folder of this machine."""

    def __init__(self, base: Path, name: str = "local") -> None:
        super().__init__(name, str(base.absolute()))

    def put(self, root: Path, names: Sequence[str], cancellation: Cancellation | None = None) -> tuple[str, ...]:
        """Copy what is not there."""
        base = Path(self.base)
        missing = [name for name in map(checked_name, names) if not os.path.lexists(base / name)]
        for name in missing:
            if not os.path.lexists(root / name):
                raise DocumentError(f"{root / name} is not there, so it cannot be sent to {self.name}")
        self._copy(root, base, missing, cancellation)
        return tuple(missing)

    def get(self, names: Sequence[str], root: Path, cancellation: Cancellation | None = None) -> tuple[str, ...]:
        """Copy what is there."""
        base = Path(self.base)
        found = [name for name in map(checked_name, names) if os.path.lexists(base / name)]
        self._copy(base, root, found, cancellation)
        return tuple(found)

    def close(self) -> None:
        """Nothing is open."""

    def _copy(self, origin: Path, to: Path, names: Sequence[str], cancellation: Cancellation | None) -> None:
        for name in names:
            if cancellation is not None and cancellation.requested:
                raise Canceled(cancellation.reason)
            try:
                _copy_whole(origin / name, to / name)
            except (OSError, shutil.Error) as error:
                raise ConfigError(f"{origin / name} cannot be copied to {to / name}: {_reason(error)}") from error

    def _command(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(words)

    def _lost(self, ended: Ended, said: str) -> StagelineError:
        how = f"code {ended.code}" if ended.signal == "" else f"signal {ended.signal}"
        return ConfigError(f"{self.name}: bash ended with {how}: {self._words(said)}")


def _copy_whole(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f".{os.urandom(8).hex()}.incoming")
    try:
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, new, symlinks=True)
        else:
            shutil.copy2(source, new, follow_symlinks=False)
        take_place(new, place)
    finally:
        discard(new)


def take_place(new: Path, place: Path) -> None:
    """Move what has come whole to its place, and what was there away."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir() and not place.is_symlink():
        old = place.with_name(f".{os.urandom(8).hex()}.old")
        place.rename(old)
        new.rename(place)
        discard(old)
    else:
        new.replace(place)


def discard(path: Path) -> None:
    """Remove a file or a folder that may be there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _reason(error: OSError | shutil.Error) -> str:
    return error.strerror or str(error)
