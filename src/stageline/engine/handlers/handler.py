"""What all handlers are: pure. They read and change the run they are given, and answer with messages and effects.

A handler never waits, reads no clock (`run.now` is the time) and touches nothing but the run.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from stageline.engine.messages import Effect, Message
from stageline.engine.one_store import HasUrl, refuse_two
from stageline.engine.run import Run

Answer = Iterable[Message | Effect]


class Handler(ABC):
    """Answers one type of message. A processor has one of each by default; one registered by hand replaces it.

    The queue, store and registry given here are those that the processor will use.
    """

    message: ClassVar[type]

    def __init__(self, queue: HasUrl | None = None, store: HasUrl | None = None, registry: Any = None) -> None:
        refuse_two(type(self).__name__, queue, store)
        self.queue = queue
        self.store = store
        self.registry = registry

    @abstractmethod
    def handle(self, run: Run, message: Any) -> Answer:
        """Change the run as the message demands; answer with what is to be done next."""
