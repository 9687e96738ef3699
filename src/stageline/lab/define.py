"""The front door: a Lab and its Runs, as their author writes them. Nothing is checked here; `resolve` tells all.

A Lab that was built is read by `Lab.from_path`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from stageline.lab.node import Usable
from stageline.lab.pipeline import Pipeline
from stageline.lab.place import NOWHERE, here
from stageline.load.source import Place

if TYPE_CHECKING:
    from stageline.lab.results import LabResults

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

    @classmethod
    def from_path(cls, path: str | PathLike[str], home: str | PathLike[str] | None = None) -> LabResults:
        """A built Lab with what its jobs have made: the folder or the tar of `stageline build`, or a link to it.

        What is in a tar is taken into `home` first, by default the folder `.stageline` beside it.
        """
        from stageline.lab.results import LabResults

        return LabResults.from_path(path, home)

    @classmethod
    def from_run_metadata(cls, metadata: str | PathLike[str], store_base: str | PathLike[str]) -> LabResults:
        """One run of a Lab, for a stage that analyses it: given its inputs `metadata__<run>` and `store__base`."""
        from stageline.lab.results import LabResults

        return LabResults.from_run_metadata(metadata, store_base)
