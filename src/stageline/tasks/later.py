"""Tasks whose work is done by somebody else, who says when it is over: nothing waits for them meanwhile."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable
from typing import TypeAlias

from stageline.model.result import TaskResult
from stageline.tasks.task import RunningStage, Task

Answer: TypeAlias = Callable[[TaskResult], None]


class LaterTask(Task):
    """Hands work over. Subclass it and give it `begin`; to be stopped, it listens to the stage's cancellation.

    What a task hands over that is `far` goes to other machines: far more of it may be under way.
    """

    far: bool = False

    @abstractmethod
    def begin(self, stage: RunningStage, answer: Answer) -> None:
        """Hand the work over, and return at once. `answer` is called exactly once, from any thread."""

    def execute(self, stage: RunningStage) -> TaskResult:
        """Hand the work over and wait for its end."""
        over, results = threading.Event(), list[TaskResult]()

        def answer(result: TaskResult) -> None:
            results.append(result)
            over.set()

        self.begin(stage, answer)
        over.wait()
        return results[0]
