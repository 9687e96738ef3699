"""The real store and the real tasks, with a killer around everything that they do to the world."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Sequence
from inspect import iscoroutinefunction
from pathlib import Path

from stageline.engine.events import Event
from stageline.engine.messages import CompleteTask, Message
from stageline.engine.ports import Change, Claim, Offer, Peer, Store
from stageline.engine.workbench import Registry
from stageline.model.result import TaskResult
from stageline.model.workflow import Workflow
from stageline.store.postgres import PostgresWorkflowStore
from stageline.store.sqlite import SqliteWorkflowStore
from stageline.store.sqlstore import SqlStore
from stageline.tasks.task import RunningStage, Task
from tests.crash.journal import Journal
from tests.crash.killing import COMMIT, EFFECT, EVENT, WRITE, Killer


class CountedStore(SqlStore):
    """Whatever writes is one thing: a commit of runs, or another write. A claim counts when it gets something.

    Each event in a commit is a thing of its own kind, as events fall into commits by chance.
    """

    killer: Killer
    run: str

    def store(self, workflow: Workflow) -> None:
        with self.killer.around(WRITE):
            super().store(workflow)

    def push(self, run: str, message: Message, now: int) -> None:
        with self.killer.around(WRITE):
            super().push(run, message, now)

    def join(self, peer: Peer, lease_until: int) -> None:
        with self.killer.around(WRITE):
            super().join(peer, lease_until)

    def leave(self, peer: str) -> None:
        with self.killer.around(WRITE):
            super().leave(peer)

    def claim(self, peer: str, now: int, limit: int, runs: Collection[str] | None = None) -> list[Claim]:
        claims = super().claim(peer, now, limit, runs)
        if claims:
            with self.killer.around(WRITE):
                return claims
        return claims

    def commit(self, peer: str, changes: Sequence[Change], now: int) -> frozenset[str]:
        events = [self._name(change, event) for change in changes for event in change.events]
        with self.killer.around(COMMIT, *events):
            return super().commit(peer, changes, now)

    def _name(self, change: Change, event: Event) -> str:
        whose = "" if change.run == self.run else "child "
        return f"{EVENT} {whose}{event.__struct_config__.tag} {getattr(event, 'stage', '')}".strip()

    def take_offers(
        self, peer: str, types: Sequence[str], limit: int, runs: Collection[str] | None = None
    ) -> list[Offer]:
        offers = super().take_offers(peer, types, limit, runs)
        if offers:
            with self.killer.around(WRITE):
                return offers
        return offers

    def answer_offer(self, peer: str, run: str, answer: CompleteTask, now: int) -> bool:
        with self.killer.around(WRITE):
            return super().answer_offer(peer, run, answer, now)


class CountedSqlite(CountedStore, SqliteWorkflowStore):
    """On a file."""


class CountedPostgres(CountedStore, PostgresWorkflowStore):
    """On a server."""


def counted_store(url: str, files: Path, killer: Killer, run: str) -> Store:
    """The store at `url`, with a killer in it. `run` tells the run from its children."""
    store = CountedPostgres(url, files=files) if url.startswith("postgresql:") else CountedSqlite(url, files=files)
    store.killer, store.run = killer, run
    return store


class CountedTask(Task):
    """A task, its execution written down in the journal, and a killer around both."""

    def __init__(self, task: Task, killer: Killer, journal: Journal) -> None:
        self._task = task
        self._killer = killer
        self._journal = journal

    def execute(self, stage: RunningStage) -> TaskResult:
        with self._killer.around(EFFECT):
            self._journal.write(stage)
            result = self._task.execute(stage)
            assert isinstance(result, TaskResult)
        return result

    def close(self) -> None:
        self._task.close()


class CountedInstantTask(CountedTask):
    """One that is executed beside the loop."""

    instant = True


class CountedAsyncTask(CountedTask):
    """One that is executed on the event loop."""

    async def execute(self, stage: RunningStage) -> TaskResult:  # type: ignore[override]
        with self._killer.around(EFFECT):
            self._journal.write(stage)
            answer = self._task.execute(stage)
            assert isinstance(answer, Awaitable)
            return await answer


class CountedRegistry:
    """The tasks of a registry, all of them counted."""

    def __init__(self, registry: Registry, killer: Killer, journal: Journal) -> None:
        self._registry = registry
        self._killer = killer
        self._journal = journal

    def get(self, type: str) -> Task:
        task = self._registry.get(type)
        if task.instant:
            return CountedInstantTask(task, self._killer, self._journal)
        kind = CountedAsyncTask if iscoroutinefunction(task.execute) else CountedTask
        return kind(task, self._killer, self._journal)

    def names(self) -> Sequence[str]:
        return self._registry.names()

    def close(self) -> None:
        self._registry.close()
