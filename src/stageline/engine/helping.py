"""Tasks of other processors' runs, taken from their offers, executed here, and answered through the store."""

from collections.abc import Callable, Iterable

from stageline.engine.executor import Done, Job, Key
from stageline.engine.messages import CompleteTask
from stageline.engine.ports import Offer, Store


class Helping:
    """The offers that this processor holds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: set[Key] = set()

    def __bool__(self) -> bool:
        return bool(self._held)

    def __contains__(self, key: Key) -> bool:
        return key in self._held

    def take(self, offers: Iterable[Offer], job_of: Callable[[Offer], Job]) -> list[Job]:
        """Offers that this processor holds now, as jobs to begin."""
        jobs = [job_of(offer) for offer in offers]
        self._held.update(job.key for job in jobs)
        return jobs

    def withdrawn(self, peer: str) -> list[Key]:
        """The executions that are no longer wanted."""
        if not self._held:
            return []
        kept = self._store.held_offers(peer)
        return [key for key in self._held if (key.run, key.stage, key.execution) not in kept]

    def answer(self, peer: str, done: Done, now: int) -> None:
        """Give the answer to whoever owns the run; it is refused if the offer was withdrawn or passed on."""
        key = done.key
        self._store.answer_offer(peer, key.run, CompleteTask(key.stage, key.execution, done.result), now)
        self._held.discard(key)

    def forget(self) -> None:
        """Hold nothing any more."""
        self._held.clear()
