"""A run in which everything happens: chains, fan-outs, joins, retries, timers, signals, a loop, a child.

Its outcome is the same however often and wherever it is interrupted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from stageline.model.join import Join
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.workflow import Workflow
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import RunningStage, Task
from tests.crash.planners import PLANNERS

SOON = Retry(attempts=2, delay=0.002)


class Sum(Task):
    """Puts out, under its own ref, one more than the sum of what the stages right before it put out."""

    def execute(self, stage: RunningStage) -> TaskResult:
        before = (stage.stages[ref]["outputs"] for ref in stage.requisite_stage_ref_ids)
        return TaskResult.success({stage.ref_id: 1 + sum(n for one in before for n in one.values())})


class Flaky(Task):
    """Fails twice."""

    def execute(self, stage: RunningStage) -> TaskResult:
        if stage.record.attempt < 3:
            return TaskResult.failed("not yet")
        return TaskResult.success({"attempts": stage.record.attempt})


class Poll(Task):
    """Looks three times; what it has seen is remembered between the looks."""

    def execute(self, stage: RunningStage) -> TaskResult:
        looks = stage.context.get("looks", 0) + 1
        if looks < 3:
            return TaskResult.running(after=0.002, context={"looks": looks})
        return TaskResult.success({"looks": looks})


class Listen(Task):
    """Suspends until somebody says something."""

    def execute(self, stage: RunningStage) -> TaskResult:
        return TaskResult.success({"heard": stage.signal}) if stage.signal else TaskResult.suspend()


class Bad(Task):
    """Fails for good."""

    def execute(self, stage: RunningStage) -> TaskResult:
        return TaskResult.terminal("it never works", {"half": True})


class Endless(Task):
    """Works until it is asked to go."""

    def execute(self, stage: RunningStage) -> TaskResult:
        stage.execution.cancellation.wait(60)
        return TaskResult.canceled("gone")


class Again(Task):
    """Sends the run back once."""

    def execute(self, stage: RunningStage) -> TaskResult:
        if stage.record.jumps == 0:
            return TaskResult.jump_to("lap", context={"laps": 2})
        return TaskResult.success({"laps": stage.execution.stages["lap"]["outputs"]["laps"]})


def lap(laps: int = 1) -> dict[str, int]:
    """What the loop does in each round."""
    return {"laps": laps}


async def later(chain_3: int) -> dict[str, int]:
    """Runs on the event loop."""
    await asyncio.sleep(0.001)
    return {"later": chain_3}


def doubled(number: int) -> int:
    """Found by its name, `tests.crash.workload:doubled`."""
    return number * 2


def registry() -> TaskRegistry:
    """All tasks of the workload."""
    tasks = TaskRegistry()
    for task in (Sum, Flaky, Poll, Listen, Bad, Endless, Again):
        tasks.register(task.__name__.lower(), task)
    for type, planner in PLANNERS.items():
        tasks.register(type, planner)
    tasks.register("lap", lap)
    tasks.register("later", later)
    return tasks


def stage(ref: str, type: str, needs: Collection[str] = (), context: Any = None, **rest: Any) -> StageExecution:
    return StageExecution(ref_id=ref, type=type, requisite_stage_ref_ids=needs, context=context or {}, **rest)


def chain(*refs: str, after: Collection[str] = ()) -> list[StageExecution]:
    """Each needs the one before."""
    needs = [after, *((ref,) for ref in refs)]
    return [stage(ref, "sum", need) for ref, need in zip(refs, needs, strict=False)]


def child() -> Workflow:
    return Workflow.create("child", [*chain("in_1", "in_2"), stage("in_wait", "wait", ["in_2"], {"seconds": 0.002})])


def waits() -> list[StageExecution]:
    """Stages that wait for times, words and people, and one that runs out of time."""
    return [
        stage("flaky", "flaky", ["chain_1"], retry=SOON),
        stage("poll", "poll", ["chain_1"]),
        stage("pause", "wait", ["chain_1"], {"seconds": 0.01}),
        stage("told_early", "listen", ["flaky"]),
        stage("told_late", "listen", ["chain_1"]),
        stage("approve", "approval", ["poll", "pause"], {"prompt": "go on?"}),
        stage("too_slow", "endless", timeout=0.03, on_failure="continue"),
    ]


def joins() -> list[StageExecution]:
    """A join that can do without one branch, and one that cancels what it does not need."""
    return [
        stage("bad", "bad", ["chain_2"]),
        stage("good", "sum", ["chain_2"]),
        stage("either", "noop", ["bad", "good"], join=Join.any()),
        stage("loser", "endless", ["chain_2"]),
        stage("later_loser", "wait", ["chain_2"], {"seconds": 3600}),
        stage("first", "noop", ["good", "loser", "later_loser"], join=Join.any(cancel_losers=True)),
    ]


def works(log: str) -> list[StageExecution]:
    """The other kinds of tasks, and a loop."""
    parts = [TaskExecution.create(name, "sum") for name in ("one", "two", "three")]
    return [
        stage("shell", "shell", ["chain_2"], {"command": 'echo x >> "$LOG"; echo hello', "env": {"LOG": log}}),
        stage("call", "callable", [], {"callable": "tests.crash.workload:doubled", "arguments": {"number": 21}}),
        stage("later", "later", ["chain_3"]),
        StageExecution(ref_id="parts", tasks=parts, requisite_stage_ref_ids=["chain_3"]),
        stage("lap", "lap", ["chain_1"]),
        stage("lap_2", "sum", ["lap"]),
        stage("again", "again", ["lap_2"]),
        stage("below", "workflow", ["chain_1"], {"workflow": child()}),
    ]


def workload(run: str, log: str) -> Workflow:
    """The run; its shell stage appends to the file `log`."""
    fan = [stage(f"fan_{n}", "sum", ["chain_3"]) for n in range(5)]
    stages = [
        *chain("chain_1", "chain_2", "chain_3"),
        *fan,
        *chain("fan_in", "after_fan", after=[one.ref_id for one in fan]),
        *waits(),
        *joins(),
        *works(log),
    ]
    ends = {one.ref_id for one in stages} - {ref for one in stages for ref in one.requisite_stage_ref_ids}
    return Workflow.create("everything", [*stages, stage("end", "noop", ends)], id=run)
