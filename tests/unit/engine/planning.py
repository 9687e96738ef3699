"""What the tests of planned stages are told with: scopes, plans, and runs in which a stage has planned some."""

from typing import Any

from stageline.engine.messages import RecoverWorkflow
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from tests.unit.engine.play import Play, counters, stage


def scope(key: str, *stages: StageExecution, **fields: Any) -> Scope:
    """A scope of these stages, or of one stage `x`."""
    return Scope(key=key, stages=stages or [stage("x")], **fields)


def scopes(keys: str, **fields: Any) -> list[Scope]:
    """A scope of one stage for each letter."""
    return [scope(key, **fields) for key in keys]


def plan(*scopes: Scope, **fields: Any) -> TaskResult:
    """The answer that asks for these scopes."""
    return TaskResult.run_stages(Plan(scopes=scopes, **fields))


def planned(*scopes: Scope, planner: dict[str, Any] | None = None, **fields: Any) -> Play:
    """A run in which `p` has planned these scopes; `end` comes after it."""
    play = Play(stage("p", **(planner or {})), stage("end", "p")).start()
    play.answer("p", plan(*scopes, **fields))
    return play


def taken_over(play: Play) -> Play:
    """The run as its next processor finds it; its counters must be those that were kept step by step."""
    again = Play(workflow=play.stored())
    assert counters(again.run) == counters(play.run)
    again.run.now = play.run.now
    again.say(RecoverWorkflow())
    return again
