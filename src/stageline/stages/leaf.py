"""What all stages have that run a program or a function: variables, and results that can be kept."""

from abc import abstractmethod
from typing import Any

from stageline.model.result import TaskResult
from stageline.model.status import Status
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

    def perform(self, work: Work) -> TaskResult:
        folder = work.tools.cache
        if not self.cache or folder is None:
            return self.do(work)
        results, key = KeptResults(folder), key_of(type(self), work, self.decided_by(work))
        if (kept := results.find(key)) is not None:
            return TaskResult.skipped(kept.outputs)
        result = self.do(work)
        if result.status is Status.SUCCEEDED:
            results.keep(key, Kept(dict(result.outputs), work.stage.execution.run, work.stage.ref_id))
        return result
