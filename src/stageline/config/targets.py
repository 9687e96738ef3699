"""The targets of config files: `[targets.NAME]`, where work may run beside this machine, each key with its place.

Without an `address` a target is this machine, or the cluster of which it is the login node.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from stageline.config import kinds
from stageline.errors import ConfigError, DocumentError, did_you_mean
from stageline.runtimes.sandbox import Runtime
from stageline.targets.ssh_argv import read_address

LOCAL = "local"
TABLE = "targets"
SCHEDULERS = ("local", "slurm")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class TargetSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One target. `base_path` is where everything of ours goes there, `node_local_path` a fast disk of each node.

    `runtimes` are in order of preference; `mount_paths` are what jobs may see of the machine beside their own.
    """

    name: str
    address: str | None = None
    base_path: str | None = None
    node_local_path: str | None = None
    scheduler: str = "local"
    runtimes: tuple[str, ...] = ()
    mount_paths: tuple[str, ...] = ()
    ssh_options: tuple[str, ...] = ()


class Key(NamedTuple):
    """A key of a target's table: how it is read, and what it means."""

    read: Callable[[object], Any]
    meaning: str


def _address(value: object) -> str:
    text = kinds.text(value)
    try:
        read_address(text)
    except DocumentError:
        raise ValueError("host, user@host or user@host:port") from None
    return text


def _absolute(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("/"):
        raise ValueError("an absolute path")
    return value


def _listed(value: object, what: str, fits: Callable[[str], bool]) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) and fits(item) for item in items):
        raise ValueError(f"a list of {what}")
    return tuple(items)


def _runtimes(value: object) -> tuple[str, ...]:
    return _listed(value, f"runtimes, in order of preference: {', '.join(Runtime)}", lambda item: item in set(Runtime))


def _paths(value: object) -> tuple[str, ...]:
    return _listed(value, "absolute paths", lambda item: item.startswith("/"))


def _options(value: object) -> tuple[str, ...]:
    return _listed(value, "words for ssh", bool)


KEYS: Mapping[str, Key] = {
    "address": Key(_address, "Where it is, for ssh: `host`, `user@host`, or a name of your ssh configuration."),
    "base_path": Key(kinds.text, "The folder there for all that is ours; a relative one is below the home folder."),
    "node_local_path": Key(_absolute, "A fast disk that each node has for itself."),
    "scheduler": Key(kinds.choice(*SCHEDULERS), "Who decides when work runs: local, slurm."),
    "runtimes": Key(_runtimes, "How work is isolated there, in order of preference."),
    "mount_paths": Key(_paths, "What jobs may see of the machine beside their own."),
    "ssh_options": Key(_options, "More words for ssh, before those of ours."),
}


def target_values(said: object, path: Path, line_of: Callable[[str], int]) -> Iterator[tuple[str, Any, str]]:
    """The settings in the `targets` of a file, by their full names, each with its place."""
    if not isinstance(said, dict):
        raise ConfigError(f"{path}:{line_of(TABLE)}: targets are tables: write [targets.NAME] above their keys")
    for name, table in said.items():
        place = f"{path}:{line_of(f'{TABLE}.{name}')}"
        if not _NAME.fullmatch(name) or not isinstance(table, dict):
            raise ConfigError(f"{place}: '{name}' is no target: write [targets.NAME], of letters, digits, '-' and '_'")
        for key, value in table.items():
            place = f"{path}:{line_of(f'{TABLE}.{name}.{key}')}"
            plain = key.replace("-", "_")
            yield f"{TABLE}.{name}.{plain}", _read(plain, value, name, place), place


def _read(key: str, value: object, target: str, place: str) -> Any:
    if key not in KEYS:
        hint = did_you_mean(key, KEYS) or f"; there are {', '.join(KEYS)}"
        raise ConfigError(f"{place}: a target has no '{key}'{hint}")
    try:
        return KEYS[key].read(value)
    except ValueError as error:
        raise ConfigError(f"{place}: {key} of target '{target}' is {error}, not {value!r}") from None


def targets_of(values: Mapping[str, Any]) -> dict[str, TargetSettings]:
    """The targets in settings by their full names; `local` is always there."""
    tables: dict[str, dict[str, Any]] = {LOCAL: {}}
    for full, value in values.items():
        table, _, rest = full.partition(".")
        if table == TABLE:
            name, _, key = rest.partition(".")
            tables.setdefault(name, {})[key] = value
    return {name: TargetSettings(name=name, **table) for name, table in tables.items()}
