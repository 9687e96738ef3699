"""What holds for every kind that holds stages: it can be stopped, tried again, paused, taken over, and subclassed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    FireTimer,
    PauseWorkflow,
    ResumeWorkflow,
    RetryWorkflow,
)
from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.status import Status
from stageline.stages.base import BaseNestedStage
from stageline.stages.case import CaseStage, Match
from stageline.stages.definition import StageDefinition
from stageline.stages.foreach import ForEachStage
from stageline.stages.group import GroupStage
from stageline.stages.matrix import MatrixStage
from stageline.stages.outcomes import ended
from stageline.stages.parallel import ParallelStage
from stageline.stages.result import Result
from stageline.stages.try_catch import TryStage
from stageline.stages.until import UntilStage
from stageline.stages.work import Work
from tests.unit.stages.playing import StagePlay, echo, hand, played

S = Status


class TwiceStage(BaseNestedStage):
    """A kind as a user would write it."""

    nested: ClassVar[tuple[str, ...]] = ("stages",)

    stages: list[StageDefinition]
    pause: float = 0

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return {"stages": self.stages}

    def plan(self, work: Work) -> Plan | None:
        if work.planned == 2:
            return None
        return Plan(scopes=[work.scope(f"time-{work.planned}", {"item": work.planned}, of="stages")])

    def collect(self, work: Work) -> TaskResult:
        return ended(work.scopes, {"times": [scope["status"] for scope in work.scopes.values()]}, "time")


Make = Callable[..., StageDefinition]

# Each makes a stage `n` of its kind around a stage `x`, which runs twice at most.
KINDS: dict[str, tuple[Make, str]] = {
    "group": (lambda **more: GroupStage(name="n", stages=[hand()], **more), "n/stages/x"),
    "parallel": (lambda **more: ParallelStage(name="n", parallel={"a": [hand()]}, **more), "n/a/x"),
    "foreach": (lambda **more: ForEachStage(name="n", foreach=["a"], stages=[hand()], **more), "n/0/x"),
    "matrix": (lambda **more: MatrixStage(name="n", combinations=[{"a": 1}], stages=[hand()], **more), "n/1/x"),
    "case": (lambda **more: CaseStage(name="n", case="a", match=[Match("a", [hand()])], **more), "n/a/x"),
    "until": (lambda **more: UntilStage(name="n", until=True, stages=[hand()], **more), "n/1/x"),
    "try": (lambda **more: TryStage(name="n", try_=[hand()], finally_=[echo("end")], **more), "n/try/x"),
    "custom": (lambda **more: TwiceStage(name="n", stages=[hand()], **more), "n/time-0/x"),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[Make, str]:
    return KINDS[request.param]


def to_its_end(play: StagePlay) -> StagePlay:
    """All that is executed succeeds, until nothing is."""
    while play.executing:
        play.succeed(play.executing[0])
    return play


def test_it_succeeds_with_its_stages(kind: tuple[Make, str]) -> None:
    make, x = kind
    play = played(make(), echo("after"))
    assert play.executing == [x]
    assert play.status("after") is S.NOT_STARTED
    assert to_its_end(play).ended() is S.SUCCEEDED


def test_a_failure_inside_fails_it(kind: tuple[Make, str]) -> None:
    make, x = kind
    play = played(make(), echo("after"))
    play.fail(x, "no luck")
    to_its_end(play)
    assert play.ended() is S.FAILED
    assert "no luck" in play.why("n")
    assert play.status("after") is S.NOT_STARTED


def test_it_may_fail_and_let_the_rest_go_on(kind: tuple[Make, str]) -> None:
    make, x = kind
    play = played(make(on_failure="continue"), echo("after", "${{ stages.n.status }}"))
    play.fail(x)
    to_its_end(play)
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("after") == {"echo": "FAILED_CONTINUE"}


@pytest.mark.parametrize("message", [CancelWorkflow("enough"), CancelStage("n", "enough")])
def test_it_is_canceled_with_its_stages(kind: tuple[Make, str], message: Any) -> None:
    make, x = kind
    play = played(make())
    play.say(message)
    assert play.stopped == [x]
    assert play.status("n") is S.RUNNING
    play.answer(x, TaskResult.canceled("gone"))
    assert play.ended() is S.CANCELED
    assert play.outputs("n") != {}


def test_it_is_stopped_when_it_is_out_of_time(kind: tuple[Make, str]) -> None:
    make, x = kind
    play = played(make(timeout=5))
    play.wait(5)
    node = play.node("n")
    play.say(FireTimer(node.seq, node.record.execution))
    assert play.stopped == [x]
    play.answer(x, TaskResult.canceled("gone"))
    assert play.status("n") is S.FAILED
    assert node.record.failure is not None
    assert node.record.failure.name == "timeout"


def test_it_plans_anew_when_it_is_tried_again(kind: tuple[Make, str]) -> None:
    make, x = kind
    play = played(make(retry=Retry(1, delay=1)))
    play.fail(x)
    to_its_end(play)
    assert play.status("n") is S.RUNNING
    play.wait(1)
    play.ring("n")
    assert play.executing == [x]
    assert to_its_end(play).ended() is S.SUCCEEDED


def test_its_last_try_counts(kind: tuple[Make, str]) -> None:
    make, x = kind
    play = played(make(retry=Retry(1, delay=1)))
    play.fail(x)
    to_its_end(play)
    play.wait(1)
    play.ring("n")
    play.fail(x)
    to_its_end(play)
    assert play.ended() is S.FAILED


def test_a_pause_holds_back_what_comes_next(kind: tuple[Make, str]) -> None:
    make, x = kind
    play = played(make(), hand("after"))
    play.say(PauseWorkflow())
    play.succeed(x)
    assert "after" not in play.executing
    play.say(ResumeWorkflow())
    assert to_its_end(play).ended() is S.SUCCEEDED


def test_it_goes_on_where_it_was_when_it_is_taken_over(kind: tuple[Make, str]) -> None:
    make, x = kind
    play = played(make())
    again = play.taken_over()
    assert again.executing == [x]
    again.succeed(x)
    assert to_its_end(again.taken_over()).ended() is S.SUCCEEDED


def test_its_condition_is_asked_once_and_may_skip_it(kind: tuple[Make, str]) -> None:
    make, _ = kind
    play = played(make(condition="${{ params.n > 1 }}"), names={"params": {"n": 1}})
    assert play.status("n") is S.SKIPPED
    play = played(make(condition="${{ params.n > 1 }}"), names={"params": {"n": 2}})
    assert to_its_end(play).ended() is S.SUCCEEDED


def test_it_is_nested(kind: tuple[Make, str]) -> None:
    make, _ = kind
    stage = make()
    assert stage.is_nested


def test_a_kind_of_ones_own_may_answer_what_any_stage_may() -> None:
    class Answering(TwiceStage):
        def collect(self, work: Work) -> Any:
            return Result(updated={"seen": len(work.scopes)})

    play = to_its_end(played(Answering(name="n", stages=[hand("it ${{ item }}", id="x")])))
    assert play.outputs("n") == {"seen": 2}


def test_a_kind_that_plans_without_an_end_is_stopped_by_its_own_keys() -> None:
    class Endless(TwiceStage):
        def plan(self, work: Work) -> Plan | None:
            return Plan(scopes=[work.scope("same", of="stages")])

    play = to_its_end(played(Endless(name="n", stages=[echo("x")])))
    assert play.status("n") is S.FAILED
    assert "scope 'same' was planned before" in play.why("n")


RESUMING = [name for name in KINDS if name not in ("try", "custom")]


@pytest.mark.parametrize("name", RESUMING)
def test_a_retry_of_the_run_goes_on_inside(name: str) -> None:
    make, x = KINDS[name]
    play = played(make(), echo("after"))
    play.fail(x)
    assert play.ended() is S.FAILED
    again = play.taken_over()
    again.say(RetryWorkflow())
    assert again.executing == [x]
    assert again.asked == []
    assert to_its_end(again).ended() is S.SUCCEEDED


def test_a_retry_keeps_the_items_that_are_done_and_goes_on_with_the_rest() -> None:
    loop = ForEachStage(name="f", foreach=[1, 2, 3], stages=[hand(), hand("y")])
    play = played(GroupStage(name="g", stages=[echo("first"), loop]))
    for path in ("0/x", "0/y", "1/x"):
        play.succeed(f"g/stages/f/{path}", n=path)
    play.fail("g/stages/f/1/y")
    assert play.ended() is S.FAILED
    play.say(RetryWorkflow())
    assert play.executing == ["g/stages/f/1/y"]
    play.succeed("g/stages/f/1/y", "g/stages/f/2/x", "g/stages/f/2/y")
    assert play.ended() is S.SUCCEEDED
    items = play.outputs("g")["stages"]["f"]["outputs"]["foreach"]
    assert list(items) == ["1", "2", "3"]
    assert items["1"]["stages"]["y"]["outputs"] == {"n": "0/y"}
    assert play.executed.count("g/stages/f/1/x") == 1


def test_after_a_retry_rounds_go_on_with_the_one_that_failed() -> None:
    play = played(UntilStage(name="u", until="${{ loop == 3 }}", stages=[hand()]))
    play.succeed("u/1/x")
    play.fail("u/2/x")
    play.say(RetryWorkflow())
    assert play.executing == ["u/2/x"]
    play.succeed("u/2/x", "u/3/x")
    assert play.ended() is S.SUCCEEDED


def test_a_retry_of_try_begins_anew_as_finally_has_cleaned_up() -> None:
    play = played(TryStage(name="t", try_=[hand("a"), hand("b")], finally_=[hand("c")]))
    play.succeed("t/try/a")
    play.fail("t/try/b")
    play.succeed("t/finally/c")
    play.say(RetryWorkflow())
    assert play.executing == ["t/try/a"]
    play.succeed("t/try/a", "t/try/b", "t/finally/c")
    assert play.ended() is S.SUCCEEDED
