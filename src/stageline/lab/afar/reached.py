"""A target as the runs of a Lab need it: the way to a home there, who schedules, and how work is isolated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from stageline.errors import UnknownName
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.slurm import Slurm
from stageline.targets.target import Target


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """`target` has the home's folder there as its base. `runtimes` are in order of preference."""

    target: Target
    slurm: Slurm | None = None
    runtimes: tuple[Runtime, ...] = ()
    mount_paths: tuple[str, ...] = ()
    node_local_path: str = ""


Reach: TypeAlias = Callable[[str, str], Reached]
"""From the name of a target, and that of a home, to the home there; UnknownName when there is no such target."""


def no_reach(target: str, home: str) -> Reached:
    """Where no targets are known."""
    raise UnknownName(f"no target '{target}' is known here")
