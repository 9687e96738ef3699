"""One script to be run: a simple job, or a part of a scatter-gather for one item. All paths are known."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from stageline.lab.model import Environment, Param
from stageline.lab.scalar import in_line
from stageline.load.source import Place
from stageline.model.resources import Resources


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, where its outputs go, and where the record of its end is kept under `id`.

    `outputs` are declared, by name and as paths that begin with `$out`. `reads` are paths that inputs tell of. `seen`
    is told by the record, and so are the digests of what it `read`, and of what was read `below` it, by other parts.
    """

    id: str
    name: str
    executable: str
    out: str
    log: str
    records: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    environment: Environment
    resources: Resources
    params: Mapping[str, Param]
    place: Place
    reads: tuple[str, ...] = ()
    seen: str = ""
    read: Mapping[str, str] = {}
    below: Mapping[str, str] = {}

    @property
    def words(self) -> str:
        """Its name and parameters, for people."""
        return words_of(self.name, self.params)


def words_of(name: str, params: Mapping[str, Param]) -> str:
    """A job or a part of one, for people."""
    given = ", ".join(f"{key}={in_line(param.value)}" for key, param in params.items())
    return f"{name} ({given})" if given else name
