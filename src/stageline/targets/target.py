"""A machine where commands run and files go, as a port. What is started there outlives everybody.

It is found again by its token, which the caller gives: an order is carried out once, however often it is given. Files
have names below the target's base folder; a name stands for one content, so that what is there is never sent again.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from stageline.targets.cancellation import Cancellation

LOG_LIMIT = 1 << 20
Takes: TypeAlias = tuple[int, int]
"""Processors, and bytes of memory."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. `env` is laid over what the target has; without `cwd` it runs in the folder of its logs."""

    token: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = {}
    cwd: str = ""
    stdin: bytes = b""


class Stand(StrEnum):
    """Where a piece of work is. `LOST`: its machine has restarted, or killed what watched over it."""

    NONE = "none"
    WAITING = "waiting"
    RUNNING = "running"
    ELSEWHERE = "elsewhere"
    LOST = "lost"
    ENDED = "ended"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How a piece of work stands, and how it ended. Times are UTC microseconds.

    `signal` is the name of the one that has ended it; the code is above 128 then, as it may be without one. `told`:
    somebody has sent TERM to what watched over it.
    """

    stand: Stand
    code: int | None = None
    signal: str = ""
    out_of_memory: bool = False
    told: bool = False
    stopped: str = ""
    started: int = 0
    ended: int = 0
    host: str = ""
    cpu_seconds: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.stand in (Stand.ENDED, Stand.LOST)


class Answer(msgspec.Struct, frozen=True):
    """What a short command said, and its exit code."""

    code: int
    out: bytes
    err: str


class Shared(msgspec.Struct, frozen=True):
    """What a short command said to all who want to know, and how many seconds ago it had said so."""

    answer: Answer
    ago: float


class Submitted(msgspec.Struct, frozen=True):
    """What came of handing work to a batch system. Without a `job`, `who` has tried, and `said` is what he was told.

    `busy`: he is still at it. Without words, he is gone, and the job may be there or not.
    """

    job: str = ""
    who: str = ""
    busy: bool = False
    said: str = ""


class Target(Protocol):
    """Safe to call from several threads. TargetLost when it cannot be reached; then the same call may be made again."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    @property
    def base(self) -> str:
        """The full path of its base folder."""

    def call(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0) -> Answer:
        """Run a short command and wait for its end; when the connection breaks, it may have run or not."""

    def share(self, name: str, argv: Sequence[str], age: float, items: Collection[str] = ()) -> Shared:
        """What a short command says, run once for all processes of this user there, at most `age` seconds ago.
        `items` go to the end of its last word, with commas, together with those of others who ask by this name.
        """

    def prepare(self, orders: Sequence[Order]) -> None:
        """Keep orders for somebody else to carry out, with the words of `perform_argv`."""

    def perform_argv(self, token: str) -> tuple[str, ...]:
        """What carries out a prepared order, once, on any machine that sees the base folder; ends as the work does."""

    def submit(self, token: str, elements: Sequence[str], argv: Sequence[str]) -> Submitted:
        """Run `argv`, which hands an array of prepared orders to a batch system, once; tells what came of it."""

    def adopt(self, token: str, job: str) -> None:
        """The submission is this job, as was found out."""

    def retract(self, token: str, who: str) -> None:
        """The submission that `who` began has come to nothing, as was found out: it may be done again."""

    def arrays(self, tokens: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The submissions that hold some of these orders, each with the tokens of all its elements."""

    def element_argv(self, token: str) -> tuple[str, ...]:
        """What carries out one element of a submission: a script, and its arguments."""

    def start(self, orders: Sequence[Order]) -> None:
        """Begin each of them, detached; one with a token that is known is left as it is."""

    def admit(self, orders: Sequence[Order], takes: Mapping[str, Takes], room: Takes, engine: str) -> tuple[str, ...]:
        """Begin those that `takes` names, of which `orders` are not there yet, in turn, as far as there is room beside
        all that engines of this user have begun there. Answers those that have to wait: ask again within seconds.
        """

    def look(
        self, tokens: Collection[str], patience: float = 0.0, cancellation: Cancellation | None = None
    ) -> dict[str, State]:
        """How they stand: at once, or as soon as one of them is not waiting or running any more."""

    def cancel(self, tokens: Collection[str]) -> tuple[int, ...]:
        """End them with all that they have started, and keep those from beginning that have not begun.

        Answers the pids that could not be ended.
        """

    def forbid(self, tokens: Collection[str]) -> None:
        """Keep those from beginning that have not begun, and note of the others that they are not wanted any more."""

    def read(self, name: str, offset: int = 0, limit: int = LOG_LIMIT) -> bytes:
        """A part of a file; nothing if it is not there."""

    def read_on(self, offsets: Mapping[str, int], limit: int = LOG_LIMIT) -> dict[str, bytes]:
        """What files have from these offsets on, at most `limit` bytes of each; nothing is told of those without."""

    def keep(self, name: str, content: bytes) -> None:
        """Have a file with this content, for its owner only, unless there is one of this name."""

    def put(self, root: Path, names: Sequence[str], cancellation: Cancellation | None = None) -> tuple[str, ...]:
        """Send those files and folders of `root` that are not there; each appears as a whole. Answers what was sent."""

    def get(self, names: Sequence[str], root: Path, cancellation: Cancellation | None = None) -> tuple[str, ...]:
        """Fetch files and folders to below `root`, in the place of what is there. Answers those that the target had."""

    def remove(self, names: Sequence[str]) -> None:
        """Delete files and folders."""

    def close(self) -> None:
        """Let go of the connection; what runs goes on."""


def stdout_of(token: str) -> str:
    """The name of what it has printed."""
    return f"run/{token}/stdout"


def stderr_of(token: str) -> str:
    """The name of what it has printed on its standard error."""
    return f"run/{token}/stderr"
