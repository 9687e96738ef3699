"""What all stages have that run a program or a function: variables, and results that can be kept."""

from abc import abstractmethod
from typing import Any

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.stages.away import Away
from stageline.stages.base import BaseRetryStage
from stageline.stages.kept_results import KeptResults, Shelf, key_of
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

    def shelf(self, work: Work) -> Shelf:
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
