"""A scatter-gather job at run time: the scatter, then a branch of steps for each item, then the gather, all as stages.

Pure but for reading what the scatter wrote. Branches that are done are not even planned; the rest comes in windows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from stageline.errors import StagelineError
from stageline.lab.branches import GATHER, SCATTER, Branches, steps_before
from stageline.lab.run_of import PART, READ, UNIT
from stageline.model.failure import Cause, Failure
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.tasks.shapes import converted
from stageline.tasks.task import RunningStage, Task

JOB_NAME = "lab-job"
ITEM_NAME = "lab-item"
STATE = "scatter-gather"
WINDOW = 256
AT_A_TIME = 128
SHOWN = 3


class State(msgspec.Struct, frozen=True, array_like=True):
    """How far a job has come: what it waits for, and the first item that was not looked at yet."""

    epoch: int = -1
    phase: str = ""
    cursor: int = 0


class ScatterGatherTask(Task):
    """Plans the parts of scatter-gather jobs. `branches_of` is None while others run jobs here."""

    instant: ClassVar[bool] = True

    def __init__(self, branches_of: Callable[[RunningStage], tuple[Branches, bool] | None], busy_for: float) -> None:
        self._branches_of = branches_of
        self._busy_for = busy_for

    def execute(self, stage: RunningStage) -> TaskResult:
        found = self._branches_of(stage)
        if found is None:
            return TaskResult.running(self._busy_for)
        branches, keep_going = found
        return Planner(stage, branches, keep_going).next()


class Planner:
    """One look at a job."""

    def __init__(self, stage: RunningStage, branches: Branches, keep_going: bool) -> None:
        self._stage = stage
        self._branches = branches
        self._keep_going = keep_going
        state = converted(stage.execution.settings.get(STATE, ()), State)
        self._state = state if state.epoch == stage.record.epoch else State(stage.record.epoch)

    def next(self) -> TaskResult:
        """What is to be run next, or what came of it all."""
        match self._state.phase:
            case "":
                return self._scatter()
            case "scatter":
                return self._failed("") or self._first_items()
            case "items" if self._stage.halted or self._state.cursor >= len(self._branches.items):
                return self._failed("item ") or self._gather()
            case "items":
                return self._items()
            case _:
                return self._failed("") or TaskResult.success()

    def _scatter(self) -> TaskResult:
        if self._branches.scatter_is_done():
            return self._first_items()
        self._branches.forget()
        return self._plan("scatter", [self._scope(SCATTER)])

    def _first_items(self) -> TaskResult:
        try:
            count = len(self._branches.items)
        except (StagelineError, OSError) as error:
            return TaskResult.failed(Failure(f"{self._branches.job.pname}: {error}", Cause.OUTPUT, permanent=True))
        return self._items() if self._next_left(0) < count else self._gather()

    def _items(self) -> TaskResult:
        scopes, number, count = list[Scope](), self._next_left(self._state.cursor), len(self._branches.items)
        while number < count and len(scopes) < WINDOW:
            scopes.append(self._branch(number))
            number = self._next_left(number + 1)
        return self._plan("items", scopes, number, more=number < count)

    def _next_left(self, number: int) -> int:
        count = len(self._branches.items)
        while number < count and self._branches.is_done(number):
            number += 1
        return number

    def _branch(self, number: int) -> Scope:
        """The steps of an item that are not done yet."""
        steps = self._branches.left(number)
        stages = [
            StageExecution(
                ref_id=name,
                type=PART,
                context={UNIT: self._branches.ids(number)[name], READ: True},
                requisite_stage_ref_ids=[before for before in steps_before(part) if before in steps],
            )
            for name, part in steps.items()
        ]
        return Scope(key=str(number), stages=stages, names=self._names(number))

    def _gather(self) -> TaskResult:
        return self._plan("gather", [self._scope(GATHER)])

    def _scope(self, part: str) -> Scope:
        unit = self._branches.scatter_id if part == SCATTER else self._branches.job.id
        read = READ in self._stage.execution.settings and part == GATHER
        stage = StageExecution(ref_id=part, type=PART, context={UNIT: unit, **({READ: True} if read else {})})
        return Scope(key=part, stages=[stage], names=self._names())

    def _names(self, number: int | None = None) -> dict[str, Any]:
        names: dict[str, Any] = {JOB_NAME: self._branches.job.id}
        return names if number is None else {**names, ITEM_NAME: number}

    def _plan(self, phase: str, scopes: list[Scope], cursor: int = 0, *, more: bool = False) -> TaskResult:
        state = State(self._state.epoch, phase, cursor)
        plan = Plan(scopes=scopes, limit=AT_A_TIME, more=more, halt=not self._keep_going)
        return TaskResult.run_stages(plan, {STATE: msgspec.to_builtins(state)})

    def _failed(self, what: str) -> TaskResult | None:
        """The failure that follows from what was run so far; `what` names several of a kind."""
        ended = self._stage.scopes
        failed = {key: scope for key, scope in ended.items() if scope["status"] == Status.FAILED}
        bad = failed or {key: scope for key, scope in ended.items() if not Status(scope["status"]).met}
        if not bad:
            return None
        said = "; ".join(f"{what}{key}: {scope['failure']}" for key, scope in list(bad.items())[:SHOWN])
        count = f"{len(bad)} of {len(self._branches.items)} items failed: " if what and failed else ""
        more = "; …" if len(bad) > SHOWN else ""
        failure = Failure(f"{self._branches.job.pname}: {count}{said}{more}", Cause.CHILD)
        return TaskResult.failed(failure) if failed else TaskResult.canceled(failure.message)
