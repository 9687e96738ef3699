"""A program names its store itself, or by a queue that belongs to it. Where it names both, they must be the same."""

from typing import Protocol

from stageline.engine.ports import Store
from stageline.errors import DocumentError


class HasUrl(Protocol):
    """A store or a queue, as far as this matters: what it is called."""

    @property
    def url(self) -> str: ...


class HasStore(HasUrl, Protocol):
    """A queue: it knows the store that it belongs to."""

    @property
    def store(self) -> Store: ...


def refuse_two(who: str, queue: HasUrl | None, store: HasUrl | None) -> None:
    """Raise DocumentError when a queue and a store do not share a database."""
    if queue is not None and store is not None and queue.url != store.url:
        raise DocumentError(
            f"{who}: the queue is at {queue.url} and the store at {store.url}, but a message and what it changes are "
            "committed together: give both the same URL"
        )


def one_store(who: str, queue: HasStore | None, store: Store | None) -> Store:
    """The store that is meant."""
    refuse_two(who, queue, store)
    if store is not None:
        return store
    if queue is None:
        raise DocumentError(f"{who} needs a queue or a store")
    return queue.store
