"""How errands get to run on a target, as a port: at once as there is room, or in a cluster's queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from typing import Protocol

import msgspec

from stageline.errors import StagelineError
from stageline.targets.cancellation import Cancellation
from stageline.targets.errand import Ending, Errand
from stageline.targets.target import Target
from stageline.tasks.raised import raised


class Way(Protocol):
    """Used by one thread. Each call may raise TargetLost or NoAnswer, and may then be made again.

    What has ended is told again and again until it is forgotten.
    """

    @property
    def target(self) -> Target:
        """Where it all happens."""

    @property
    def limits(self) -> bool:
        """Whether it ends what takes longer than its resources say."""

    @property
    def trouble(self) -> str:
        """Why nothing is heard of what runs; empty when all is well."""

    def add(self, errands: Sequence[Errand]) -> None:
        """Take these in; ones that have begun already, in whatever process, are gone on with."""

    def begin(self, interrupt: Cancellation) -> dict[str, Ending]:
        """Begin what may begin now; answers those that never will. Canceled when it would wait and is interrupted."""

    def waiting(self) -> Collection[str]:
        """Those that are not there yet, for all that is known."""

    @property
    def urgent(self) -> bool:
        """Whether something is about to begin."""

    def running(self) -> Set[str]:
        """Those that may be at work now."""

    def look(self, patience: float, interrupt: Cancellation) -> dict[str, Ending]:
        """Those that have ended; may wait so long for one, unless interrupted."""

    def stop(self, reasons: Mapping[str, str]) -> dict[str, Ending]:
        """End these; answers those that are gone for sure."""

    def forget(self, tokens: Collection[str]) -> None:
        """Nobody asks for these any more."""

    def pause(self) -> float | None:
        """How many seconds until there can be something new; None: not before somebody asks for something."""


def refusal(error: StagelineError) -> Ending:
    """The ending of what could not begin, in the words of the error."""
    return Ending(failure=msgspec.structs.replace(raised(error), message=str(error)))
