"""What scripts need to find in a home on a target: by their paths, as names that are the same here and there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.lab.afar.home import FarHome
from stageline.lab.branches import OUTS
from stageline.lab.identity import LENGTH
from stageline.lab.layout import BIN, HOST_TOOLS, JOBS
from stageline.lab.places import BRANCHES
from stageline.lab.read import BuiltLab
from stageline.lab.unit import Unit


class Needs(msgspec.Struct, frozen=True):
    """`names` stand for one content each; `made` are ids of what has made outputs; `folders` hold scripts of jobs.

    `texts` are files with paths in them, which are others there. `store`: all that was ever made may be looked at.
    """

    names: dict[str, None] = msgspec.field(default_factory=dict)
    made: dict[str, None] = msgspec.field(default_factory=dict)
    folders: dict[str, None] = msgspec.field(default_factory=dict)
    texts: dict[str, bytes] = msgspec.field(default_factory=dict)
    store: bool = False


def needs_of(units: Iterable[Unit], lab: BuiltLab, far: FarHome) -> Needs:
    """What these need together."""
    reader = _Reader(lab, far)
    store = False
    for unit in units:
        reader.unit(unit)
        store = store or far.name(f"{far.home}/{JOBS}") in map(far.name, unit.inputs.values())
    return msgspec.structs.replace(reader.needs, store=store)


class _Reader:
    """Adds up needs."""

    def __init__(self, lab: BuiltLab, far: FarHome) -> None:
        self.needs = Needs()
        self._lab = lab
        self._far = far

    def unit(self, unit: Unit) -> None:
        pool, folder, *_ = self._far.name(unit.executable).split("/")
        self.needs.folders[f"{pool}/{folder}"] = None
        for capture in self._lab.captures(unit.environment):
            self.needs.names[f"{HOST_TOOLS}/{capture}"] = None
        for path in unit.inputs.values():
            self.path(path)

    def path(self, path: str) -> None:
        name = self._far.name(path)
        if name.startswith("/") or name == JOBS:
            return
        pool, _, inside = name.partition("/")
        folder, _, rest = inside.partition("/")
        if rest == OUTS:
            self._outs(name, Path(path))
        elif pool in (JOBS, BRANCHES) and rest.partition("/")[0] == "out":
            self.needs.made[folder[:LENGTH]] = None
        else:
            self.needs.names[name] = None

    def _outs(self, name: str, path: Path) -> None:
        """The list of what branches have made."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error
        listed = json.loads(text)
        for outputs in listed:
            for one in outputs.values():
                self.path(one)
        moved = [{key: self._far.there(one) for key, one in outputs.items()} for outputs in listed]
        self.needs.texts[name] = msgspec.json.encode(moved) + b"\n"


def scripts_digest(home: str, folder: str) -> str:
    """What tells the scripts of a job from others under the same name."""
    whole = sha256()
    root = Path(home, folder, BIN)
    for path in sorted(root.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            name = str(path.relative_to(root)).encode("utf-8", "surrogateescape")
            whole.update(b"%d:%s:%d:" % (len(name), name, len(content)))
            whole.update(content)
    return whole.hexdigest()
