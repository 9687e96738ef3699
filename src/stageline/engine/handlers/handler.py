"""What all handlers are: pure. They read and change the run they are given, and answer with messages and effects.

A handler never waits, reads no clock (`run.now` is the time) and touches nothing but the run.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Protocol

from stageline.engine.messages import Effect, Message
from stageline.engine.run import Run
from stageline.errors import DocumentError

Answer = Iterable[Message | Effect]


class HasUrl(Protocol):
    """A store or a queue, as far as a handler cares: what it is called."""

    @property
    def url(self) -> str: ...


class Handler(ABC):
    """Answers one type of message. A processor has one of each by default; one registered by hand replaces it.

    The queue, store and registry given here are those that the processor will use.
    """

    message: ClassVar[type]

    def __init__(self, queue: HasUrl | None = None, store: HasUrl | None = None, registry: Any = None) -> None:
        if queue is not None and store is not None and queue.url != store.url:
            raise DocumentError(
                f"{type(self).__name__}: the queue is at {queue.url} and the store at {store.url}, but a message and "
                "what it changes are committed together: give both the same URL"
            )
        self.queue = queue
        self.store = store
        self.registry = registry

    @abstractmethod
    def handle(self, run: Run, message: Any) -> Answer:
        """Change the run as the message demands; answer with what is to be done next."""
