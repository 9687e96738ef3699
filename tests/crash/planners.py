"""A loop that is planned while it runs: twelve items of two stages each, three at a time, one with a loop inside."""

from __future__ import annotations

from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.model.workflow import Workflow
from stageline.tasks.task import RunningStage, Task

ITEMS = 12
WINDOW = 4
AT_A_TIME = 3


class Each(Task):
    """Plans a window of items after the other, and puts out what all of them have come to."""

    instant = True

    def execute(self, stage: RunningStage) -> TaskResult:
        at = stage.context.get("at", 0)
        if at < ITEMS:
            scopes = [item(n, str(stage.context["log"])) for n in range(at, at + WINDOW)]
            plan = Plan(scopes=scopes, limit=AT_A_TIME, more=at + WINDOW < ITEMS)
            return TaskResult.run_stages(plan, context={"at": at + WINDOW})
        return TaskResult.success({key: scope["status"] for key, scope in stage.scopes.items()})


class Pair(Task):
    """Plans two stages, and ends when they have."""

    instant = True

    def execute(self, stage: RunningStage) -> TaskResult:
        if stage.context.get("asked"):
            return TaskResult.success({"inside": list(stage.scopes)})
        scopes = [Scope(key=f"t{n}", stages=[StageExecution(ref_id=f"in_{n}", type="sum")]) for n in (1, 2)]
        return TaskResult.run_stages(Plan(scopes=scopes, limit=1), context={"asked": True})


PLANNERS = {"each": Each, "pair": Pair}


def item(n: int, log: str) -> Scope:
    """Most are two sums; one fails, one writes to a file, one plans stages of its own."""
    second = {5: "shell", 7: "bad", 11: "pair"}.get(n, "sum")
    context = {"command": 'echo x >> "$LOG"', "env": {"LOG": log}} if second == "shell" else {}
    one = StageExecution(ref_id=f"one_{n}", type="sum")
    two = StageExecution(ref_id=f"two_{n}", type=second, requisite_stage_ref_ids={one.ref_id}, context=context)
    return Scope(key=f"s{n}", stages=[one, two], names={"n": n})


def loop(run: str, log: str) -> Workflow:
    """The loop, between two stages."""
    stages = [
        StageExecution(ref_id="before", type="noop"),
        StageExecution(ref_id="each", type="each", requisite_stage_ref_ids={"before"}, context={"log": log}),
        StageExecution(ref_id="after", type="noop", requisite_stage_ref_ids={"each"}),
    ]
    return Workflow.create("loop", stages, id=run)
