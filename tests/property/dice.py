"""Workflows, answers and commands by throwing dice: the same for the same seed, in less time than hypothesis needs."""

from random import Random
from typing import Any

from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    Message,
    PauseWorkflow,
    ResumeWorkflow,
    RetryWorkflow,
    Signal,
    StartWorkflow,
)
from stageline.model.join import ALL, Join
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.workflow import Workflow
from tests.property.workflows import CHILD, REFS


def a_stage(dice: Random, ref: str, before: str) -> StageExecution:
    """A stage that needs some of those before."""
    needs = dice.sample(before, dice.randint(0, min(3, len(before))))
    losers = dice.random() < 0.4
    joins = [ALL]
    if len(needs) > 1:
        joins += [Join.any(cancel_losers=losers), Join.first(cancel_losers=losers)]
        joins.append(Join.n_of(dice.randint(1, len(needs)), cancel_losers=losers))
    fields: dict[str, Any] = {
        "tasks": [TaskExecution.create(str(n), "t") for n in range(dice.choice([0, 0, 2]))],
        "retry": dice.choice([0, 0, Retry(1, delay=1), Retry(2, delay=30)]),
        "on_failure": dice.choice(["fail", "fail", "continue"]),
        "max_jumps": dice.randint(0, 3),
        "resumes": dice.random() < 0.5,
    }
    return StageExecution(ref_id=ref, type="t", requisite_stage_ref_ids=needs, join=dice.choice(joins), **fields)


def a_workflow(dice: Random, id: str) -> Workflow:
    """Any graph of a few stages, declared in any order."""
    refs = REFS[: dice.randint(2, len(REFS))]
    made = [a_stage(dice, ref, refs[:number]) for number, ref in enumerate(refs)]
    dice.shuffle(made)
    return Workflow.create("w", made, on_failure=dice.choice(["fail-fast", "keep-going", "keep-going"]), id=id)


def a_plan(dice: Random) -> Plan:
    """Some small scopes; their keys may be taken already."""
    scopes = []
    for key in dice.sample("rstuvwxyz", dice.randint(0, 3)):
        refs = "xyz"[: dice.randint(1, 3)]
        inside = [a_stage(dice, ref, refs[:number]) for number, ref in enumerate(refs)]
        scopes.append(Scope(key=key, stages=inside, shielded=dice.random() < 0.3))
    return Plan(scopes=scopes, limit=dice.randint(0, 2), more=dice.random() < 0.3, halt=dice.random() < 0.3)


def a_result(dice: Random) -> TaskResult:
    """Any answer of a task, about half of them successes."""
    if dice.random() < 0.45:
        return TaskResult.success({"k": dice.randint(0, 3)})
    after = dice.choice([0.0, 1.0, 5.0, 60.0])
    return dice.choice(
        [
            TaskResult.failed("no"),
            TaskResult.failed("no"),
            TaskResult.terminal("never"),
            TaskResult.failed_continue("so what"),
            TaskResult.skipped(),
            TaskResult.canceled(),
            TaskResult.running(after),
            TaskResult.running(after),
            TaskResult.suspend(dice.choice([None, after])),
            TaskResult.suspend(after),
            TaskResult.jump_to(dice.choice(REFS)),
            TaskResult.jump_to(dice.choice(REFS)),
            TaskResult.run_workflow(CHILD),
            TaskResult.run_stages(a_plan(dice)),
            TaskResult.run_stages(a_plan(dice)),
        ]
    )


def a_command(dice: Random) -> Message:
    """Anything that somebody may ask of a run; mostly what does not end it."""
    ref = dice.choice(REFS)
    gentle: list[Message] = [StartWorkflow(), PauseWorkflow(), ResumeWorkflow(), ResumeWorkflow(), RetryWorkflow()]
    return dice.choice([*gentle, *[Signal(ref, {"k": 1})] * 4, RetryWorkflow(ref), CancelStage(ref), CancelWorkflow()])
