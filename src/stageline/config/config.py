"""All settings with their values, each with where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from stageline.config.settings import SETTINGS
from stageline.errors import UnknownName, did_you_mean

if TYPE_CHECKING:
    from stageline.config.targets import TargetSettings


class Value(NamedTuple):
    """A setting's value, and its origin in words a person can follow: a file and its line, a variable, an option."""

    value: Any
    origin: str


DEFAULT = "default"


class Config:
    """What holds for one command. `project` is the folder of `stageline.toml`, if there is one."""

    def __init__(
        self, values: Mapping[str, Value], project: Path | None = None, warnings: tuple[str, ...] = ()
    ) -> None:
        defaults = {setting.name: Value(setting.default, DEFAULT) for setting in SETTINGS}
        self._values = {**defaults, **values}
        self.project = project
        self.warnings = warnings

    def __getitem__(self, name: str) -> Any:
        return self._values[name].value

    def origin(self, name: str) -> str:
        """Where the value came from."""
        return self._values[name].origin

    def is_default(self, name: str) -> bool:
        """Whether nobody has set it."""
        return self.origin(name) == DEFAULT

    @property
    def targets(self) -> dict[str, TargetSettings]:
        """Where work may run, by name."""
        from stageline.config.targets import targets_of

        return targets_of({name: value.value for name, value in self._values.items()})

    def target(self, name: str) -> TargetSettings:
        """The target of this name."""
        targets = self.targets
        if name not in targets:
            known = did_you_mean(name, targets) or f"; there are {', '.join(targets)}"
            raise UnknownName(f"there is no target '{name}'{known}; write [targets.{name}] in config.toml")
        return targets[name]

    def items(self) -> list[tuple[str, Value]]:
        """All settings, in the order of the table."""
        return list(self._values.items())
