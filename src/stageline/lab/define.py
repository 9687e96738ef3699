"""The front door: a Lab and its Runs, as their author writes them. Nothing is checked here; `resolve` tells all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from stageline.lab.node import Usable
from stageline.lab.pipeline import Pipeline
from stageline.lab.place import NOWHERE, here
from stageline.load.source import Place

Pipelines: TypeAlias = Pipeline | Usable | Sequence[Pipeline | Usable]
Excluded: TypeAlias = Mapping[str, Any] | Callable[[Mapping[str, Any]], bool]


class Run(msgspec.Struct, frozen=True, eq=False):
    """Pipelines with values for their parameters: every combination, but for those that `exclude` names.

    The runs in `depends_on` must have succeeded before this one begins; those in `after` must only have ended.
    """

    name: str
    pipelines: Pipelines
    params: Mapping[str, Any] = {}
    exclude: Excluded | Sequence[Excluded] = ()
    depends_on: Run | str | Sequence[Run | str] = ()
    after: Run | str | Sequence[Run | str] = ()
    groups: str | Sequence[str] = ()
    place: Place = NOWHERE

    def __post_init__(self) -> None:
        if self.place is NOWHERE:
            msgspec.structs.force_setattr(self, "place", here())


class Lab(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """An experiment: its runs, and the version its author gives it."""

    runs: Sequence[Run]
    version: str = "1.0"
    place: Place = NOWHERE

    def __post_init__(self) -> None:
        if self.place is NOWHERE:
            msgspec.structs.force_setattr(self, "place", here())
