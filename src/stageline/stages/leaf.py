"""What all stages have that run a program or a function: variables, and results that can be kept."""

from abc import abstractmethod
from typing import Any

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.stages.away import Away
from stageline.stages.base import BaseRetryStage
from stageline.stages.kept_results import Kept, KeptResults, key_of
from stageline.stages.work import Work


class LeafStage(BaseRetryStage):
    """With `cache` a stage is skipped whose last result with the same fields is kept, and puts that out again."""

    env: dict[str, Any] = {}
    cache: bool = False

    @abstractmethod
    def do(self, work: Work) -> TaskResult:
        """The work itself."""

    def decided_by(self, work: Work) -> object:
        """What decides the result beside the fields, as JSON."""
        return None

    def away(self, work: Work) -> Away:
        """The same work for a target."""
        raise DocumentError(f"stage '{self.name}': {self.kind()} runs here only: write `runs-on: local`")

    def shelf(self, work: Work) -> "Shelf":
        """Where its result may be kept."""
        folder = work.tools.cache
        if not self.cache or folder is None:
            return Shelf(work)
        return Shelf(work, KeptResults(folder), key_of(type(self), work, self.decided_by(work)))

    def perform(self, work: Work) -> TaskResult:
        shelf = self.shelf(work)
        if (kept := shelf.find()) is not None:
            return kept
        result = self.do(work)
        shelf.keep(result)
        return result


class Shelf:
    """The place of one stage's result among those that are kept; without `results` none is."""

    def __init__(self, work: Work, results: KeptResults | None = None, key: str = "") -> None:
        self._work = work
        self._results = results
        self._key = key

    def find(self) -> TaskResult | None:
        """The result that is kept, as that of a stage that need not run."""
        kept = self._results.find(self._key) if self._results is not None else None
        return None if kept is None else TaskResult.skipped(kept.outputs)

    def keep(self, result: TaskResult) -> None:
        """Keep it, if it is a good one."""
        if self._results is not None and result.status is Status.SUCCEEDED:
            stage = self._work.stage
            self._results.keep(self._key, Kept(dict(result.outputs), stage.execution.run, stage.ref_id))
