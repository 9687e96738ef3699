"""Fakes that keep the promises of the real ones, for the tests of those who build on Stageline.

`MemoryStore` passes the same contract suite as the databases; `FakeClock` goes only where it is told to.
"""

from stageline.model.workflow import Workflow
from stageline.runner import Tasks, run
from stageline.store.memory import MemoryStore

__all__ = ["FakeClock", "MemoryStore", "run_workflow"]


class FakeClock:
    """A clock that stands still until it is moved. Call it for the time, in UTC microseconds."""

    def __init__(self, now: int = 1_000_000_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += int(seconds * 1_000_000)


def run_workflow(workflow: Workflow, tasks: Tasks | None = None, timeout: float = 30.0) -> Workflow:
    """Run a workflow in memory and return it with its records."""
    return run(workflow, MemoryStore(), tasks, timeout)
