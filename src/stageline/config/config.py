"""All settings with their values, each with where it came from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stageline.config.settings import SETTINGS


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

    def items(self) -> list[tuple[str, Value]]:
        """All settings, in the order of the table."""
        return list(self._values.items())
