"""What the engine needs from the outside, as ports: a store, and a clock.

The rule of the store: a run is changed only by the processor that owns it, through `commit`, under the fencing
number of its claim. Everybody else leaves messages. All times are UTC microseconds and are handed in.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from stageline.engine.events import Event
from stageline.engine.messages import CompleteTask, Message
from stageline.model.record import RunRecord, StageRecord
from stageline.model.stage import StageExecution
from stageline.model.workflow import Workflow

Clock = Callable[[], int]


class Peer(msgspec.Struct, frozen=True):
    """One processor, so that others can tell whether it lives: `birth` is when process `pid` of `host` began."""

    id: str
    host: str
    pid: int
    birth: str
    slots: int


class Claim(msgspec.Struct, frozen=True):
    """A run that this processor owns from now on, with the number that proves it."""

    run: str
    fence: int


class Delivery(msgspec.Struct, frozen=True):
    """A message from outside; it is gone once a commit names its id as consumed."""

    id: int
    run: str
    message: Message


class Offer(msgspec.Struct, frozen=True):
    """A task of a run that any processor may execute. `body` is all that it needs to know."""

    run: str
    stage: int
    execution: int
    type: str
    body: dict[str, Any]


class Loaded(msgspec.Struct, frozen=True):
    """A run as it stands, and which of its stages' executions are offered or held by others (stage numbers)."""

    workflow: Workflow
    offered: tuple[int, ...]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """All that one commit writes of one run.

    The events are numbered up to `record.events`. `planned` are stages that are new, with their numbers. Children are
    created and started unless they are there already. A released run is free to be claimed when a message is there
    for it, or at `ready_at`.
    """

    run: str
    fence: int
    record: RunRecord
    events: Sequence[Event] = ()
    stages: Sequence[tuple[int, StageRecord]] = ()
    planned: Sequence[tuple[int, StageExecution]] = ()
    consumed: Sequence[int] = ()
    tells: Sequence[tuple[str, Message]] = ()
    children: Sequence[Workflow] = ()
    offers: Sequence[Offer] = ()
    withdrawn: Sequence[tuple[int, int]] = ()
    release: bool = False
    ready_at: int | None = None

    @property
    def goes_beyond(self) -> bool:
        """Whether it writes more than what the run itself is: messages, offers, other runs, whose the run is."""
        return bool(self.consumed or self.tells or self.children or self.offers or self.withdrawn or self.release)


class RunRow(msgspec.Struct, frozen=True):
    """One line of a list of runs: `parent` is the run that started it, `owner` the processor that works on it.

    Of one that nobody owns, `ready_at` is when there is something to do for it; None: only once somebody says so.
    """

    id: str
    name: str
    application: str
    record: RunRecord
    parent: str = ""
    owner: Peer | None = None
    ready_at: int | None = None


class Store(Protocol):
    """Where runs are kept. Safe to call from several threads."""

    @property
    def url(self) -> str:
        """What names this store; never with a password in it."""

    @property
    def files(self) -> Path:
        """The folder for logs and for values too large for the database; made when first asked for."""

    def store(self, workflow: Workflow) -> None:
        """Keep a new run; DocumentError when its id is taken."""

    def retrieve(self, run: str) -> Workflow:
        """The run with its records as of the last commit; UnknownName when there is none."""

    def list_runs(self, limit: int = 100) -> list[RunRow]:
        """The newest runs first."""

    def find_runs(self, prefix: str, limit: int = 10) -> list[str]:
        """The ids that begin with `prefix`, those of the newest runs first."""

    def forget(self, runs: Sequence[str]) -> frozenset[str]:
        """Delete those of these runs that have ended and have no message waiting, with all that is kept of them.

        Answers which are gone. Files are not touched.
        """

    def large_values(self) -> frozenset[str]:
        """The digests of all values in files that runs refer to."""

    def events(self, run: str, after: int = 0) -> list[Event]:
        """The events of a run, from number `after` + 1 on."""

    def push(self, run: str, message: Message, now: int) -> None:
        """Leave a message for a run and wake a processor; UnknownName when there is no such run."""

    def join(self, peer: Peer, lease_until: int) -> None:
        """Make a processor known."""

    def beat(self, peer: str, now: int, lease_until: int) -> int | None:
        """Renew the lease; free the runs and offers of processors that are gone.

        Answers how many slots the other live processors have in all, or None when this one was declared dead.
        """

    def leave(self, peer: str) -> None:
        """Forget a processor and free all it holds."""

    def claim(self, peer: str, now: int, limit: int, runs: Collection[str] | None = None) -> list[Claim]:
        """Own up to `limit` free runs that have something to be done now, of `runs` only if they are given."""

    def load(self, run: str) -> Loaded:
        """Read a claimed run."""

    def inbox(self, peer: str) -> list[Delivery]:
        """The messages for all runs that this processor owns, oldest first, until a commit consumes them."""

    def commit(self, peer: str, changes: Sequence[Change], now: int) -> frozenset[str]:
        """Write all changes in one transaction; answers the runs that were refused, as their claim is no more.

        StoreError: nothing was written. StoreUncertain: it may have been.
        """

    def pending(self, now: int, runs: Collection[str] | None = None) -> int | None:
        """When there is something to do for a free run, in microseconds from `now` (0: at once), or None: never."""

    def take_offers(
        self, peer: str, types: Sequence[str], limit: int, runs: Collection[str] | None = None
    ) -> list[Offer]:
        """Hold up to `limit` offers of these task types, one's own too; of `runs` only if they are given."""

    def answer_offer(self, peer: str, run: str, answer: CompleteTask, now: int) -> bool:
        """Give back a held offer with its answer; False when it is no longer held by this processor."""

    def held_offers(self, peer: str) -> frozenset[tuple[str, int, int]]:
        """Run, stage and execution of each offer that this processor holds and that was not withdrawn."""

    def wait(self, peer: str, timeout: float) -> bool:
        """Block until there may be something new for a processor, or `timeout` seconds have passed."""

    def wake(self, peer: str) -> None:
        """Let a blocked `wait` of this processor return."""

    def close(self) -> None:
        """Let go of all resources."""
