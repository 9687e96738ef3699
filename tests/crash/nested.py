"""Every kind that holds stages, around stages that write down what they do; one of them is canceled on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stageline.errors import StageCancelError
from stageline.model.join import Join
from stageline.model.retry import Retry
from stageline.model.stage import StageExecution
from stageline.model.workflow import Workflow, to_plain
from stageline.stages.base import BaseRetryStage, BaseStage
from stageline.stages.case import CaseStage, Match
from stageline.stages.definition import StageDefinition
from stageline.stages.empty import EmptyStage
from stageline.stages.foreach import ForEachStage
from stageline.stages.group import GroupStage
from stageline.stages.lower import lower, walk
from stageline.stages.matrix import MatrixStage
from stageline.stages.parallel import ParallelStage
from stageline.stages.raise_error import RaiseStage
from stageline.stages.registry import stage_tasks
from stageline.stages.trigger import TriggerStage
from stageline.stages.try_catch import TryStage
from stageline.stages.until import UntilStage
from stageline.tasks.registry import TaskRegistry

SOON = Retry(1, delay=0.002)
ITEMS = 70  # more than a window


class LogStage(BaseStage):
    """Appends a line to a file, and puts out what it was told."""

    path: str
    text: str = ""

    def process(self, *_: Any, **__: Any) -> dict[str, Any]:
        with Path(self.path).open("a") as file:
            file.write("x\n")
        return {"text": self.text}


class FlakyStage(BaseRetryStage):
    """Fails at its first attempt."""

    def process(self, params: Any, run_id: str, context: Any, **_: Any) -> dict[str, Any]:
        if context["run"]["attempt"] == 1:
            raise ValueError("not yet")
        return {"attempt": context["run"]["attempt"]}


class EndlessStage(BaseStage):
    """Works until it is asked to go."""

    def process(self, *_: Any, **more: Any) -> None:
        more["event"].wait(60)
        raise StageCancelError("gone")


def echo(name: str, text: str) -> EmptyStage:
    return EmptyStage(name=name, echo=text)


def stages(log: str) -> list[StageDefinition]:
    two: list[StageDefinition] = [echo("one", "${{ item }}"), echo("two", "${{ stages.one.outputs.echo }}")]
    inner = ForEachStage(name="inner", foreach="${{ item }}", concurrent=2, stages=two)
    root: dict[str, Any] = {"needs": []}
    return [
        ForEachStage(name="each", foreach=[[1, 2, 3], [4, 5], []], concurrent=2, stages=[inner], **root),
        ForEachStage(name="long", foreach=f"${{{{ range({ITEMS}) }}}}", concurrent=10, stages=[echo("e", "e")], **root),
        ForEachStage(
            name="halted",
            foreach=[1, 2, 3],
            stages=[echo("ok", "ok"), RaiseStage(name="bad", condition="${{ item == 2 }}", message="no")],
            on_failure="continue",
            **root,
        ),
        ParallelStage(
            name="parallel",
            parallel={"a": [LogStage(name="log", path=log)], "b": [FlakyStage(name="flaky", retry=SOON)], "c": two[:1]},
            on_failure="continue",
            **root,
        ),
        MatrixStage(name="matrix", combinations=[{"n": 1}, {"n": 2}], stages=[echo("say", "${{ matrix.n }}")], **root),
        CaseStage(name="case", case="x", match=[Match("x", [FlakyStage(name="flaky", retry=SOON)])], **root),
        UntilStage(name="until", until="${{ item == 3 }}", stages=[echo("say", "${{ loop }}")], **root),
        TryStage(
            name="try",
            try_=[echo("made", "file"), RaiseStage(name="bad", message="no")],
            catch=[echo("told", "${{ error.message }} ${{ stages.made.outputs.echo }}")],
            finally_=[echo("end", "${{ stages.told.outputs.echo }}")],
            **root,
        ),
        TriggerStage(name="trigger", trigger="child", params={"day": "monday"}, workflow=child(), **root),
        GroupStage(name="group", stages=[echo("in", "in"), echo("then", "${{ stages.in.outputs.echo }}")], **root),
        TryStage(
            name="loser", try_=[EndlessStage(name="endless")], finally_=[FlakyStage(name="end", retry=SOON)], **root
        ),
    ]


def child() -> dict[str, Any]:
    return to_plain(Workflow.create("child", lower([echo("say", "${{ params.day }}"), echo("again", "again")])))


def nested(run: str, log: str) -> Workflow:
    """All of them at once; the loser is not needed any more when the others are there."""
    lowered = lower(stages(log))
    refs = [stage.ref_id for stage in lowered if stage.ref_id != "loser"]
    met = StageExecution(ref_id="met", type="noop", requisite_stage_ref_ids=refs)
    join = Join.any(cancel_losers=True)
    first = StageExecution(ref_id="first", type="noop", requisite_stage_ref_ids=["met", "loser"], join=join)
    return Workflow.create("nested", [*lowered, met, first], id=run)


def tasks() -> TaskRegistry:
    """The kinds of all these stages."""
    return stage_tasks({type(stage) for stage in walk(stages(""))})
