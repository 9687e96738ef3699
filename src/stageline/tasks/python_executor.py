"""The port of where Python text and functions of the user's run: in worker processes beside the engine, or far away."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from stageline.targets.cancellation import Cancellation
from stageline.targets.process import Ended
from stageline.tasks.python_wire import Answer, Orders


class PythonExecutor(ABC):
    """Carries out orders, each as if it had an interpreter of its own. Called from many threads at once.

    One that is `remote` does it on other machines, and sees to the cancellation's limit there.
    """

    remote: ClassVar[bool] = False

    @abstractmethod
    def run(self, order: Orders, folder: Path, cancellation: Cancellation) -> Answer | Ended:
        """The answer to an order; or how its process ended, when it did not come to answer.

        What is printed is in the order's files by then.
        """

    def open(self) -> None:  # noqa: B027
        """Be ready; raises what keeps it from that. What is not opened before is opened by the first order."""

    @contextmanager
    def here(self, cancellation: Cancellation) -> Iterator[None]:
        """Around work of a Python stage that can be done on this machine only."""
        yield

    def close(self) -> None:  # noqa: B027
        """Let go of what it holds."""
