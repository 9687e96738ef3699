"""try, catch, finally: what runs when, what it sees, and how the whole ends."""

from typing import Any

import pytest

from stageline.engine.messages import CancelStage, CancelWorkflow, FireTimer
from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.stages.group import GroupStage
from stageline.stages.try_catch import TryStage
from tests.unit.stages.playing import StagePlay, bad, echo, hand, played

S = Status
ERROR = "${{ error.stage }}, ${{ error.name }}: ${{ error.message }} ${{ error.outputs.n }}"


def attempt(*stages: Any, catch: Any = None, last: Any = None, **fields: Any) -> TryStage:
    return TryStage(name="t", try_=list(stages), catch=catch, finally_=last, **fields)


def test_without_a_failure_catch_does_not_run() -> None:
    play = played(attempt(echo("ok"), catch=[echo("never")], last=[echo("end")]))
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("t") == {
        "try": {"status": "SUCCEEDED", "stages": {"ok": {"status": "SUCCEEDED", "outputs": {"echo": "ok"}}}},
        "finally": {"status": "SUCCEEDED", "stages": {"end": {"status": "SUCCEEDED", "outputs": {"echo": "end"}}}},
    }


def test_catch_runs_on_failure_sees_the_error_and_its_success_is_that_of_the_stage() -> None:
    play = played(attempt(hand("work"), catch=[echo("say", ERROR)]))
    play.answer("t/try/work", TaskResult.failed("no luck", {"n": 7}))
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("t")["catch"]["stages"]["say"]["outputs"] == {"echo": "work, task: no luck 7"}
    assert play.outputs("t")["try"]["status"] == "FAILED"


def test_a_failing_catch_fails_the_stage() -> None:
    play = played(attempt(bad("first"), catch=[bad("second", "nor this")], last=[hand()]))
    assert play.executing == ["t/finally/x"]
    play.succeed("t/finally/x")
    assert play.status("t") is S.FAILED
    assert play.why("t") == "stage 'second' failed: nor this"


def test_finally_runs_after_a_failure_which_stays_the_outcome() -> None:
    play = played(attempt(bad("first"), last=[echo("end", "${{ error.message }}")]))
    assert play.status("t") is S.FAILED
    assert play.why("t") == "stage 'first' failed: no good"
    assert play.outputs("t")["finally"]["stages"]["end"]["outputs"] == {"echo": "no good"}


def test_finally_may_ask_whether_there_was_an_error() -> None:
    stage = attempt(echo("ok"), last=[echo("undo", condition="${{ error is not none }}")])
    play = played(stage)
    assert play.outputs("t")["finally"]["stages"]["undo"]["status"] == "SKIPPED"
    assert play.ended() is S.SUCCEEDED


def test_a_failing_finally_fails_the_stage() -> None:
    play = played(attempt(echo("ok"), last=[bad("end", "dirty")]))
    assert play.status("t") is S.FAILED
    assert play.why("t") == "in finally stage 'end' failed: dirty"


def test_a_failing_finally_keeps_the_first_error() -> None:
    play = played(attempt(bad("first"), last=[bad("end", "dirty")]))
    assert play.why("t") == "stage 'first' failed: no good; and in finally stage 'end' failed: dirty"


def test_catch_and_finally_see_the_stages_before_them() -> None:
    play = played(
        echo("start"),
        attempt(
            echo("made", "file"),
            bad(),
            catch=[echo("told", "${{ stages.made.outputs.echo }} ${{ stages.start.outputs.echo }}")],
            last=[echo("gone", "${{ stages.made.outputs.echo }} ${{ stages.told.status }}")],
        ),
    )
    outputs = play.outputs("t")
    assert outputs["catch"]["stages"]["told"]["outputs"] == {"echo": "file start"}
    assert outputs["finally"]["stages"]["gone"]["outputs"] == {"echo": "file SUCCEEDED"}


def test_inner_ones_see_what_outer_ones_let_them_see() -> None:
    inner = attempt(echo("in"), last=[echo("all", "${{ stages.out.outputs.echo }} ${{ stages.in.outputs.echo }}")])
    play = played(TryStage(name="o", try_=[echo("out")], finally_=[inner]))
    stages = play.outputs("o")["finally"]["stages"]["t"]["outputs"]["finally"]["stages"]
    assert stages["all"]["outputs"] == {"echo": "out in"}


def test_a_failure_that_may_be_is_not_caught() -> None:
    play = played(attempt(bad(on_failure="continue"), echo("on"), catch=[echo("never")]))
    assert play.ended() is S.SUCCEEDED
    assert "catch" not in play.outputs("t")


def test_what_is_skipped_altogether_is_skipped() -> None:
    play = played(attempt(echo("no", condition=False), catch=[echo("never")]))
    assert play.status("t") is S.SKIPPED


def work_and_clean(**fields: Any) -> StagePlay:
    return played(attempt(hand("work"), catch=[hand("rescue")], last=[hand("clean")], **fields))


@pytest.mark.parametrize("message", [CancelWorkflow("enough"), CancelStage("t", "enough")])
def test_finally_runs_when_the_stage_is_canceled(message: Any) -> None:
    play = work_and_clean()
    play.say(message)
    assert play.stopped == ["t/try/work"]
    play.answer("t/try/work", TaskResult.canceled("gone"))
    assert play.executing == ["t/finally/clean"]
    play.succeed("t/finally/clean")
    assert play.status("t") is S.CANCELED
    assert "catch" not in play.outputs("t")
    assert play.outputs("t")["finally"]["status"] == "SUCCEEDED"


def test_a_cancel_while_finally_runs_lets_it_finish() -> None:
    play = work_and_clean()
    play.succeed("t/try/work")
    play.say(CancelWorkflow("enough"))
    assert play.stopped == []
    play.succeed("t/finally/clean")
    assert play.status("t") is S.CANCELED
    assert play.asked.count("t") == 3


def test_finally_runs_when_a_stage_around_it_is_canceled() -> None:
    play = played(GroupStage(name="g", stages=[attempt(hand("work"), last=[hand("clean")])]))
    play.say(CancelStage("g"))
    play.answer("g/stages/t/try/work", TaskResult.canceled("gone"))
    assert play.executing == ["g/stages/t/finally/clean"]
    play.succeed("g/stages/t/finally/clean")
    assert play.ended() is S.CANCELED


def test_finally_runs_when_the_stage_is_out_of_time() -> None:
    play = work_and_clean(timeout=5)
    play.wait(5)
    node = play.node("t")
    play.say(FireTimer(node.seq, node.record.execution))
    play.answer("t/try/work", TaskResult.canceled("gone"))
    assert play.executing == ["t/finally/clean"]
    play.succeed("t/finally/clean")
    assert play.status("t") is S.FAILED
    assert "5" in play.why("t")


def test_what_fails_in_finally_during_a_cancel_is_told() -> None:
    play = work_and_clean()
    play.say(CancelWorkflow("enough"))
    play.answer("t/try/work", TaskResult.canceled("gone"))
    play.fail("t/finally/clean", "dirty")
    assert play.status("t") is S.FAILED
    assert play.why("t") == "enough; and in finally stage 'clean' failed: dirty"


def test_an_inner_stage_that_is_canceled_is_not_caught() -> None:
    play = work_and_clean()
    play.say(CancelStage("t/try/work"))
    play.answer("t/try/work", TaskResult.canceled("gone"))
    assert play.executing == ["t/finally/clean"]
    play.succeed("t/finally/clean")
    assert play.status("t") is S.CANCELED


def test_a_stage_inside_that_is_out_of_time_is_caught() -> None:
    play = played(attempt(hand("work"), catch=[echo("say", "${{ error.name }}")]))
    play.answer("t/try/work", TaskResult.failed(Failure("it took too long", Cause.TIMEOUT)))
    assert play.outputs("t")["catch"]["stages"]["say"]["outputs"] == {"echo": "timeout"}


def test_it_goes_on_where_it_was_when_it_is_taken_over() -> None:
    play = work_and_clean()
    play.fail("t/try/work")
    again = play.taken_over()
    assert again.executing == ["t/catch/rescue"]
    again.succeed("t/catch/rescue")
    last = again.taken_over()
    last.succeed("t/finally/clean")
    assert last.ended() is S.SUCCEEDED


def test_try_alone_is_an_error() -> None:
    with pytest.raises(DocumentError, match="without catch and finally"):
        attempt(echo("x"))


@pytest.mark.parametrize(("catch", "last", "said"), [([], None, "catch is a list"), (None, [], "finally is a list")])
def test_empty_lists_are_errors(catch: Any, last: Any, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        attempt(echo("x"), catch=catch, last=last)
