"""The port of all tasks: one method, from a running stage to a result. Everything else a task needs is handed in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.targets.cancellation import Cancellation
from stageline.targets.masking import Mask
from stageline.targets.notes import Notes

__all__ = ["IDEMPOTENCY_KEY", "Cancellation", "EachWhenAsked", "Execution", "Inputs", "RunningStage", "Task", "shared"]

IDEMPOTENCY_KEY = "STAGELINE_IDEMPOTENCY_KEY"


class Inputs(Mapping[str, Any]):
    """A mapping that is computed when it is first looked into.

    With `copy`, what is looked at is a copy of what was computed, and `shared` is what others see too: it may be read
    and must not be changed.
    """

    __slots__ = ("_compute", "_copy", "_shared", "_values")

    def __init__(
        self,
        compute: Callable[[], Mapping[str, Any]],
        copy: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    ) -> None:
        self._compute = compute
        self._copy = copy
        self._shared: Mapping[str, Any] | None = None
        self._values: Mapping[str, Any] | None = None

    @property
    def shared(self) -> Mapping[str, Any]:
        """All values, computed on the first call, and not copied."""
        if self._shared is None:
            self._shared = self._compute()
        return self._shared

    @property
    def values_now(self) -> Mapping[str, Any]:
        """All values, computed on the first call."""
        if self._values is None:
            self._values = self._copy(self.shared) if self._copy else self.shared
        return self._values

    def __getitem__(self, key: str) -> Any:
        return self.values_now[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_now)

    def __len__(self) -> int:
        return len(self.values_now)

    def __repr__(self) -> str:
        return f"Inputs({dict(self.values_now)!r})"


class EachWhenAsked(Mapping[str, Any]):
    """A mapping of which each value is computed when it is asked for, each time."""

    __slots__ = ("_compute",)

    def __init__(self, compute: Mapping[str, Callable[[], Any]]) -> None:
        self._compute = compute

    def __getitem__(self, key: str) -> Any:
        return self._compute[key]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._compute)

    def __len__(self) -> int:
        return len(self._compute)


def shared(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values without a copy of them: for who only reads."""
    return values.shared if isinstance(values, Inputs) else values


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds one execution of a task. `key` is the same for every attempt, in every process.

    `place` is the path of `folder`, and `notes` is where its processes are noted. `settings` is the stage's context as
    declared, with what earlier executions and tasks of this stage left in it, but nothing from other stages: tasks take
    their settings from here and their data from `inputs`.
    """

    run: str
    key: str
    attempt: int
    settings: Mapping[str, Any]
    inputs: Mapping[str, Any]
    stages: Mapping[str, Any]
    names: Mapping[str, Any] = {}
    scopes: Mapping[str, Any] = {}
    halted: bool = False
    place: str
    notes: Notes | None = None
    cancellation: Cancellation
    now: Callable[[], int]

    @property
    def folder(self) -> Path:
        """This execution's own folder for logs and scratch files; it exists only once a task makes it."""
        return Path(self.place)


class RunningStage(StageExecution, frozen=True, kw_only=True, gc=True):
    """A stage as its task sees it: `context` holds the outputs of all stages before it, overlaid by its own."""

    execution: Execution

    def __post_init__(self) -> None:
        """It is made of a stage that was checked and put in order already."""

    @property
    def signal(self) -> dict[str, Any] | None:
        """The payload of the signal that ended the last suspension."""
        return self.record.signal

    @property
    def stages(self) -> Mapping[str, Any]:
        """`{ref: {"outputs": …, "status": …}}` of every stage before this one."""
        return self.execution.stages

    @property
    def names(self) -> Mapping[str, Any]:
        """The names of the workflow and of all scopes that this stage is in, the inner ones over the outer."""
        return self.execution.names

    @property
    def scopes(self) -> Mapping[str, Any]:
        """`{key: {"status": …, "outputs": …, "failure": …}}` of the ended scopes that this stage has planned."""
        return self.execution.scopes

    @property
    def halted(self) -> bool:
        """Whether a scope failed, the plan said that no more may start then, and those that ran have ended."""
        return self.execution.halted

    @property
    def canceled(self) -> bool:
        """Whether somebody waits for this execution to give up."""
        return self.execution.cancellation.requested

    @property
    def idempotency_key(self) -> str:
        """The same text for every attempt at this stage's work, for services that do a thing once per key.

        Commands and scripts find it in their environment, as STAGELINE_IDEMPOTENCY_KEY.
        """
        return self.execution.key


class Task(ABC):
    """The work of a stage. Subclass it, give it `execute`, and register it under a type name.

    `execute` may be a coroutine function: then it runs on the event loop, together with thousands of others.
    A task that is `instant` never blocks and takes no time worth a thread: it is executed right beside the loop.
    One that only `attends` to work on other machines takes none of the places here, and sees to the `limit` of its
    cancellation itself, for its time begins when the work does.
    One that was asked to go and has not is left behind after `patience` seconds.
    """

    instant: ClassVar[bool] = False
    attends: bool = False
    patience: ClassVar[float] = 0.9

    @abstractmethod
    def execute(self, stage: RunningStage) -> TaskResult | Awaitable[TaskResult]:
        """Do the work and say how it went. Called again after `running`, `suspend` and failures that are retried."""

    def mask(self, stage: RunningStage) -> Mask | None:
        """What hides the secrets that this execution may come to know, in its outputs and in its failure."""
        return None

    def abandon(self, stage: RunningStage) -> None:  # noqa: B027
        """End what may still go on elsewhere of an execution that was being stopped as its processor died."""

    def close(self) -> None:  # noqa: B027
        """Let go of what it holds; called once, when the registry that made it is closed."""
