"""What stages are made of, in Python: `execute` one, or subclass one of these for a kind of your own.

A kind has one of `process`, which blocks, `async_process`, which awaits, or, for stages that hold others, `plan` and
`collect`.
"""

import threading
from collections.abc import Awaitable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.status import Status
from stageline.stages import alone
from stageline.stages.calling import accepted, answer_of
from stageline.stages.definition import StageDefinition
from stageline.stages.result import Result
from stageline.stages.work import PLANNED, Work


class BaseStage(StageDefinition):
    """A stage: fields that its annotations declare, and `process`."""

    def execute(
        self,
        params: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        context: Mapping[str, Any] | None = None,
        *,
        parent_run_id: str | None = None,
        event: threading.Event | None = None,
    ) -> Result:
        """Run this stage by itself, in memory, and answer what became of it. Setting `event` cancels it."""
        return alone.execute(self, alone.Call(params or {}, run_id, context or {}, parent_run_id, event))

    async def axecute(
        self,
        params: Mapping[str, Any] | None = None,
        *,
        run_id: str | None = None,
        event: threading.Event | None = None,
    ) -> Result:
        """The same for a program with an event loop, which goes on meanwhile."""
        import asyncio  # it takes long to import

        return await asyncio.to_thread(self.execute, params, run_id, event=event)

    def process(self, params: Mapping[str, Any], run_id: str, context: Mapping[str, Any], **more: Any) -> Any:
        """The work itself, which a kind of your own defines. Answer a Result, a mapping of outputs, or nothing."""
        return self.execute(params, run_id, context, **more)

    def is_skipped(self, params: Mapping[str, Any] | None = None) -> bool:
        """Whether the condition keeps this stage from running."""
        return alone.is_skipped(self, params or {})

    def perform(self, work: Work) -> TaskResult | Awaitable[TaskResult]:
        if type(self).process is BaseStage.process:
            raise DocumentError(f"{type(self).__name__} does nothing: give it a process(self, params, run_id, context)")
        return answer_of(self.process(*work.call, **accepted(self.process, work)))


class BaseAsyncStage(BaseStage):
    """A stage that may await: with `async_process` it runs on the engine's event loop, beside thousands of others."""

    async def async_process(
        self, params: Mapping[str, Any], run_id: str, context: Mapping[str, Any], **more: Any
    ) -> Any:
        """The work itself, as a coroutine."""
        return await self.axecute(params, run_id=run_id, event=more.get("event"))

    @classmethod
    def awaits(cls) -> bool:
        """Whether its own work is a coroutine: of `process` and `async_process` the nearest counts."""
        for one in cls.__mro__[: cls.__mro__.index(BaseAsyncStage)]:
            if not vars(one).keys().isdisjoint(("process", "async_process")):
                return "async_process" in vars(one)
        return False

    def perform(self, work: Work) -> TaskResult | Awaitable[TaskResult]:
        return self._await(work) if self.awaits() else super().perform(work)

    async def _await(self, work: Work) -> TaskResult:
        return answer_of(await self.async_process(*work.call, **accepted(self.async_process, work)))


class BaseRetryStage(BaseAsyncStage):
    """A stage that may be tried again: `retry` is a number of further attempts, or a rule."""

    retry: Annotated[int, msgspec.Meta(ge=0)] | Retry = 0

    @property
    def retry_rule(self) -> Retry | int:
        return self.retry


class BaseNestedStage(BaseRetryStage):
    """A stage that holds others. `plan` says which to run next, `collect` what their outcomes come to.

    A kind of your own names the fields that hold stages in `nested`, and says in `inner` which lists of stages there
    are, each under a key. `plan` makes scopes of them with `work.scope(key, names)`; it is asked at the start and
    when all that it planned has ended (with `more`, also while there is room), `work.planned` scopes being planned by
    then. When it answers None, `collect` is asked: `work.scopes` has what has become of each scope.

        class TwiceStage(BaseNestedStage):
            nested = ("stages",)
            stages: list[StageDefinition]

            def inner(self):
                return {"stages": self.stages}

            def plan(self, work):
                if work.planned:
                    return None
                return Plan(scopes=[work.scope(key, {"item": key}, of="stages") for key in ("first", "second")])

            def collect(self, work):
                return ended(work.scopes, {"twice": {key: end["outputs"] for key, end in work.scopes.items()}}, "time")
    """

    instant: ClassVar[bool] = True
    bounded: ClassVar[bool] = False
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "nowhere"
    plans: ClassVar[bool] = True

    @property
    def is_nested(self) -> bool:
        """Whether it holds other stages: always."""
        return True

    def plan(self, work: Work) -> Plan | None:
        """The next scopes to run, or None when there are no more. Pure: asked twice, it answers the same."""
        raise NotImplementedError(f"{type(self).__name__} has no plan(self, work)")

    def plan_last(self, work: Work) -> Plan | None:
        """What must run even now that the stage is being canceled; its scopes are shielded."""
        return None

    def collect(self, work: Work) -> Any:
        """The outcome of the whole: a Result, a mapping of outputs, or nothing."""
        raise NotImplementedError(f"{type(self).__name__} has no collect(self, work)")

    def perform(self, work: Work) -> TaskResult:
        stopping = bool(work.stage.record.stopping)
        plan = self.plan_last(work) if stopping else self.plan(work)
        if plan is not None:
            return TaskResult.run_stages(plan, {PLANNED: [work.epoch, work.planned + len(plan.scopes)]})
        result = answer_of(self.collect(work))
        if stopping and result.status in (Status.SUCCEEDED, Status.SKIPPED):
            return TaskResult.canceled(work.stage.record.stopping, result.outputs)
        return result
