"""Runs that cannot be gone on with for now: they stay as they were last written, and are tried again later."""

from stageline.engine.ports import Claim, Clock
from stageline.errors import InternalError, StagelineError

FOR = 30_000_000


class Parked:
    """The claims on them, and why each of them was put aside, ever."""

    def __init__(self, ticks: Clock) -> None:
        self._ticks = ticks
        self._until: dict[Claim, int] = {}
        self.defects: list[StagelineError] = []

    def put(self, claim: Claim, defect: StagelineError) -> None:
        """Put a run aside, for a while."""
        self.defects.append(defect)
        self._until[claim] = self._ticks() + FOR

    def put_failed(self, claim: Claim, error: Exception) -> None:
        """Put a run aside that a handler could not cope with."""
        defect = InternalError(f"run {claim.run}: a handler failed, and the run is as it was before: {error!r}")
        defect.__cause__ = error
        self.put(claim, defect)

    def take(self, until: int | None = None) -> list[Claim]:
        """Those whose time has come; all of them, without `until`."""
        due = [claim for claim, at in self._until.items() if until is None or at <= until]
        for claim in due:
            del self._until[claim]
        return due

    def clear(self) -> None:
        """They are somebody else's."""
        self._until.clear()
