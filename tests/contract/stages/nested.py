"""One workflow with every kind that holds stages, well and badly ended, and what has become of each stage in it."""

from typing import Any

from stageline.model.workflow import Workflow, to_plain
from stageline.stages.case import CaseStage, Match
from stageline.stages.definition import StageDefinition
from stageline.stages.empty import EmptyStage
from stageline.stages.foreach import ForEachStage
from stageline.stages.group import GroupStage
from stageline.stages.lower import lower, walk
from stageline.stages.matrix import MatrixStage, combinations
from stageline.stages.parallel import ParallelStage
from stageline.stages.raise_error import RaiseStage
from stageline.stages.registry import stage_tasks
from stageline.stages.trigger import TriggerStage
from stageline.stages.try_catch import TryStage
from stageline.stages.until import UntilStage
from stageline.tasks.registry import TaskRegistry

PARAMS = {"day": "monday", "files": ["a.csv", "sub/b.csv", "c d.csv"], "n": 2}


def echo(name: str, text: str, **more: Any) -> EmptyStage:
    return EmptyStage(name=name, echo=text, **more)


def bad(name: str = "bad", **more: Any) -> RaiseStage:
    return RaiseStage(name=name, message="no good on ${{ params.day }}", **more)


def child() -> dict[str, Any]:
    stages = lower([echo("say", "it is ${{ params.day }}"), echo("again", "${{ stages.say.outputs.echo }}!")])
    return to_plain(Workflow.create("child", stages, names={"params": {"day": "no day"}}))


def good_stages() -> list[StageDefinition]:
    file = GroupStage(
        name="both", stages=[echo("one", "${{ item }} ${{ loop }}"), echo("two", "${{ stages.one.outputs.echo }}!")]
    )
    systems = combinations({"os": ["linux", "mac"], "py": ["3.11"]}, include=[{"os": "mac", "slow": True}])
    return [
        GroupStage(name="group", stages=[echo("in", "${{ params.n }}"), echo("then", "${{ stages.in.outputs.echo }}")]),
        ParallelStage(
            name="parallel", parallel={"x": [echo("say", "${{ branch }}")], "y": [echo("say", "${{ branch }}")]}
        ),
        ForEachStage(name="foreach", foreach="${{ params.files }}", concurrent=2, stages=[file]),
        ForEachStage(name="mapping", foreach={"k": 1, "l": {"m": 2}}, stages=[echo("say", "${{ key }}=${{ item }}")]),
        MatrixStage(name="matrix", combinations=systems, stages=[echo("say", "${{ matrix.os }}")]),
        CaseStage(name="case", case="${{ params.n }}", match=[Match("_", [bad()]), Match("2", [echo("say", "two")])]),
        UntilStage(name="until", until="${{ result.echo == '2' }}", stages=[echo("say", "${{ item }}")]),
        TriggerStage(name="trigger", trigger="child", params={"day": "${{ params.day }}"}, workflow=child()),
        TryStage(name="try", try_=[bad()], catch=[echo("say", "${{ error.message }}")], finally_=[echo("end", "end")]),
    ]


def bad_stages() -> list[StageDefinition]:
    """Each fails, and is let fail."""
    half: list[StageDefinition] = [echo("ok", "${{ item }}"), bad(condition="${{ loop == 1 }}")]
    go_on: dict[str, Any] = {"on_failure": "continue"}
    return [
        ParallelStage(name="bad parallel", parallel={"x": [bad()], "y": [echo("say", "y")]}, **go_on),
        ForEachStage(name="bad foreach", foreach=["a", "b", "c"], stages=half, **go_on),
        MatrixStage(name="bad matrix", combinations=[{"n": 1}, {"n": 2}], fail_fast=False, stages=[bad()], **go_on),
        CaseStage(name="bad case", case="${{ params.n }}", match=[Match("3", [bad()])], **go_on),
        UntilStage(name="bad until", until="${{ false }}", max_loop=2, stages=[echo("say", "${{ loop }}")], **go_on),
        TriggerStage(name="bad trigger", trigger="nobody", **go_on),
        TryStage(name="bad try", try_=[bad()], finally_=[bad("worse")], **go_on),
    ]


def everything(id: str = "run") -> Workflow:
    stages = lower([*good_stages(), *bad_stages()])
    return Workflow.create("everything", stages, id=id, names={"params": PARAMS})


def tasks() -> TaskRegistry:
    return stage_tasks({type(stage) for stage in walk([*good_stages(), *bad_stages()])})


def tree(run: Workflow) -> dict[str, Any]:
    """What has become of the stages, by their paths in the order in which they were planned; drawn ids aside."""
    paths: dict[int, str] = {}
    found: dict[str, Any] = {}
    for number, stage in enumerate(run.stages):
        above = f"{paths[stage.parent]}/" if stage.parent is not None else ""
        paths[number] = above + stage.ref_id
        outcome: dict[str, Any] = {"status": str(stage.status), "outputs": stage.outputs}
        if stage.failure:
            outcome["failure"] = stage.failure.message
        if stage.type != "scope":
            found[paths[number]] = outcome
    return found
