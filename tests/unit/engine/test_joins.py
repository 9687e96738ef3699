"""Where branches meet: all, any, n of them, or the first decides; the losers are cancelled or left."""

from typing import Any

import pytest

from stageline.engine.graph import is_fatal
from stageline.engine.messages import CancelStage
from stageline.engine.run import Run
from stageline.model.join import ALL, Join
from stageline.model.record import StageRecord
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.unit.engine.play import Play, counters, stage

S = Status


def three(join: Join, **options: Any) -> Play:
    """a, b and c, met by `end`."""
    return Play(stage("a"), stage("b"), stage("c"), stage("end", "a", "b", "c", join=join), **options).start()


def test_all_waits_for_every_one() -> None:
    play = three(ALL)
    play.succeed("c", "a")
    assert play.status("end") is S.NOT_STARTED
    play.succeed("b")
    assert play.status("end") is S.RUNNING


def test_any_starts_with_the_first_success() -> None:
    play = three(Join.any())
    play.succeed("b")
    assert play.executing == ["a", "c", "end"]


def test_n_of_starts_with_the_nth_success() -> None:
    play = three(Join.n_of(2))
    play.succeed("c")
    assert play.status("end") is S.NOT_STARTED
    play.succeed("a")
    assert play.executing == ["b", "end"]


def test_first_starts_when_the_first_to_end_has_succeeded() -> None:
    play = three(Join.first())
    play.succeed("c")
    assert play.executing == ["a", "b", "end"]


def test_first_gives_up_when_the_first_to_end_has_failed() -> None:
    play = three(Join.first(), on_failure="keep-going")
    play.fail("c")
    play.succeed("a", "b")
    assert play.status("end") is S.NOT_STARTED
    assert play.ended() is S.FAILED


def test_a_join_starts_once_however_many_come_later() -> None:
    play = three(Join.any())
    play.succeed("a", "b", "c", "end")
    assert play.executed.count("end") == 1
    assert play.ended() is S.SUCCEEDED


def test_the_losers_are_left_to_finish() -> None:
    play = three(Join.any())
    play.succeed("b", "end")
    assert play.ended() is None
    play.succeed("a", "c")
    assert play.ended() is S.SUCCEEDED


def test_a_loser_that_fails_does_no_harm() -> None:
    play = three(Join.any())
    play.succeed("b")
    play.fail("a")
    assert play.stopped == []
    play.succeed("c", "end")
    assert play.ended() is S.SUCCEEDED


def test_the_losers_are_cancelled_when_the_join_says_so() -> None:
    play = three(Join.any(cancel_losers=True))
    play.succeed("b")
    assert play.stopped == ["a", "c"]
    for loser in ("a", "c"):
        play.answer(loser, TaskResult.canceled("stopped"))
    play.succeed("end")
    assert play.statuses == {"a": S.CANCELED, "b": S.SUCCEEDED, "c": S.CANCELED, "end": S.SUCCEEDED}
    assert play.ended() is S.SUCCEEDED


def test_a_loser_that_waits_or_has_not_started_is_cancelled_at_once() -> None:
    play = Play(
        stage("a"),
        stage("slow"),
        stage("after", "slow"),
        stage("end", "a", "after", join=Join.any(cancel_losers=True)),
    ).start()
    play.answer("slow", TaskResult.running(60))
    play.succeed("a")
    assert play.stopped == []
    assert play.statuses == {"a": S.SUCCEEDED, "slow": S.CANCELED, "after": S.CANCELED, "end": S.RUNNING}


def test_what_others_need_too_is_no_loser() -> None:
    play = Play(
        stage("a"), stage("b"), stage("end", "a", "b", join=Join.any(cancel_losers=True)), stage("other", "b")
    ).start()
    play.succeed("a")
    assert play.stopped == []
    play.succeed("b", "end", "other")
    assert play.ended() is S.SUCCEEDED


def test_a_loser_that_was_done_all_the_same_is_done() -> None:
    play = three(Join.any(cancel_losers=True))
    play.succeed("b")
    play.succeed("a", n=1)
    assert play.status("a") is S.SUCCEEDED
    assert play.node("a").record.outputs == {"n": 1}


def branch() -> Play:
    """A branch of three stages and one of one stage, met by a join that needs only one of them."""
    return Play(
        stage("long"),
        stage("longer", "long"),
        stage("longest", "longer"),
        stage("short"),
        stage("end", "longest", "short", join=Join.any()),
    ).start()


def test_a_failed_branch_does_not_kill_a_join_that_can_still_be_met() -> None:
    play = branch()
    play.fail("long")
    assert play.ended() is None
    assert play.executing == ["short"]
    play.succeed("short")
    play.succeed("end")
    assert play.ended() is S.SUCCEEDED
    assert play.status("longest") is S.NOT_STARTED


def test_the_last_branch_to_fail_does() -> None:
    play = branch()
    play.fail("long")
    play.fail("short")
    assert play.ended() is S.FAILED
    assert str(play.run.record.failure) == "stage 'short' failed: broken"


def test_what_can_never_start_is_as_good_as_failed_for_what_is_behind_it() -> None:
    play = Play(
        stage("a"), stage("b", "a"), stage("c"), stage("first", "b", "c", join=Join.first()), on_failure="keep-going"
    ).start()
    play.fail("a")
    assert play.node("first").hopeless
    play.succeed("c")
    assert play.ended() is S.FAILED


def test_cancelling_what_could_never_start_is_not_counted_a_second_time() -> None:
    play = Play(
        stage("a"), stage("b", "a"), stage("c"), stage("end", "b", "c", join=Join.any()), on_failure="keep-going"
    ).start()
    play.fail("a")
    play.say(CancelStage("b"))
    assert not play.node("end").hopeless
    play.succeed("c", "end")
    assert play.status("end") is S.SUCCEEDED


def test_what_was_cancelled_before_it_became_impossible_is_counted_once_too() -> None:
    play = Play(
        stage("a"), stage("b", "a"), stage("c"), stage("end", "b", "c", join=Join.any()), on_failure="keep-going"
    ).start()
    play.say(CancelStage("b"))
    play.fail("a")
    play.succeed("c", "end")
    assert play.status("end") is S.SUCCEEDED
    assert counters(Run(play.stored())) == counters(play.run)


def test_counters_of_a_loaded_run_are_those_that_were_kept_step_by_step() -> None:
    play = branch()
    play.fail("long")
    assert counters(Run(play.stored())) == counters(play.run)
    play.succeed("short")
    assert counters(Run(play.stored())) == counters(play.run)


@pytest.mark.parametrize("met_elsewhere", [True, False])
def test_a_failure_below_a_wide_lattice_is_judged_in_no_time(met_elsewhere: bool) -> None:
    layers = 40
    lattice = [stage("root", record=StageRecord(S.FAILED, ended_seq=2))]
    for layer in range(layers):
        before = ("root",) if layer == 0 else (f"l{layer - 1}", f"r{layer - 1}")
        lattice += [stage(f"l{layer}", *before), stage(f"r{layer}", *before)]
    other = stage("other", record=StageRecord(S.SUCCEEDED if met_elsewhere else S.FAILED, ended_seq=1))
    end = stage("end", f"l{layers - 1}", f"r{layers - 1}", "other", join=Join.any())
    run = Run(Workflow(id="r", name="w", stages=[*lattice, other, end]))
    assert is_fatal(run.nodes[0]) is not met_elsewhere
