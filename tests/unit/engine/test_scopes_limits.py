"""How many scopes run at a time, when a planner is asked for more, and what is kept of those that have ended."""

import pytest

from stageline.engine.messages import CancelStage, PauseWorkflow, RecoverWorkflow, ResumeWorkflow
from stageline.model.result import TaskResult
from stageline.model.status import Status
from tests.unit.engine.planning import plan, planned, scope, scopes, taken_over
from tests.unit.engine.play import Play, counters, stage

S = Status


def keys(play: Play) -> str:
    """The keys of the scopes of `p` in which something is executed."""
    return "".join(path.split("/")[1] for path in play.executing if "/" in path)


@pytest.mark.parametrize(("limit", "running"), [(0, "abcde"), (1, "a"), (3, "abc"), (9, "abcde")])
def test_so_many_run_at_a_time(limit: int, running: str) -> None:
    assert keys(planned(*scopes("abcde"), limit=limit)) == running


@pytest.mark.parametrize("how", ["x", "fail", "cancel"])
def test_each_end_makes_room_for_one(how: str) -> None:
    play = planned(*scopes("abcd"), limit=2)
    match how:
        case "fail":
            play.fail("p/a/x")
        case "cancel":
            play.say(CancelStage("p/a/x"))
            play.answer("p/a/x", TaskResult.canceled("enough"))
        case _:
            play.succeed("p/a/x")
    assert keys(play) == "bc"


def test_the_limit_holds_after_a_pause() -> None:
    play = planned(*scopes("abcdef"), limit=2)
    play.say(PauseWorkflow())
    play.succeed("p/a/x")
    assert keys(play) == "b"
    play.say(ResumeWorkflow())
    assert keys(play) == "bc"
    play.say(ResumeWorkflow(), PauseWorkflow(), ResumeWorkflow())
    assert keys(play) == "bc"


def test_a_plan_made_in_a_paused_run_begins_with_the_next_resume() -> None:
    play = Play(stage("p")).start()
    play.say(PauseWorkflow())
    play.answer("p", plan(*scopes("abc"), limit=2))
    assert play.executing == []
    play.say(ResumeWorkflow())
    assert keys(play) == "ab"


def test_the_limit_holds_after_a_takeover() -> None:
    play = planned(*scopes("abcdef"), limit=2)
    play.succeed("p/a/x")
    again = taken_over(play)
    assert keys(again) == "bc"
    again.say(RecoverWorkflow())
    again.succeed("p/b/x")
    assert keys(again) == "cd"


def test_the_last_plan_says_what_the_limit_is() -> None:
    play = planned(*scopes("abcd"), limit=1, more=True)
    for key in "abc":
        play.succeed(f"p/{key}/x")
    assert keys(play) == "d"
    play.succeed("p/d/x")
    play.answer("p", plan(*scopes("efgh"), limit=3))
    assert keys(play) == "efg"


def test_who_has_more_is_asked_when_there_is_room_and_not_before() -> None:
    play = planned(*scopes("abc"), limit=2, more=True)
    assert play.executed.count("p") == 1
    play.succeed("p/a/x")
    assert play.executed.count("p") == 1
    play.succeed("p/b/x")
    assert "p" in play.executing
    play.answer("p", plan(scope("d"), limit=2))
    play.succeed("p/c/x", "p/d/x")
    assert play.executed.count("p") == 3


def test_who_has_more_but_nothing_now_is_asked_when_something_has_ended() -> None:
    play = planned(*scopes("ab"), limit=3, more=True)
    assert play.executing[0] == "p"
    play.answer("p", plan(limit=3, more=True))
    assert play.executing == ["p/a/x", "p/b/x"]
    play.succeed("p/a/x")
    assert play.executing == ["p", "p/b/x"]


def test_who_has_no_more_is_asked_once_all_is_over() -> None:
    play = planned(*scopes("ab"), limit=2)
    play.succeed("p/a/x")
    assert "p" not in play.executing
    play.succeed("p/b/x")
    assert play.executing == ["p"]


def test_a_planner_that_is_asked_while_scopes_run_is_asked_again_after_a_takeover() -> None:
    play = planned(scope("a"), limit=2, more=True)
    again = taken_over(play)
    assert again.executing == ["p", "p/a/x"]
    again.answer("p", plan(scope("b"), limit=2))
    assert keys(again) == "ab"


def test_a_halting_plan_lets_finish_what_runs_and_is_then_asked() -> None:
    play = planned(*scopes("abcd"), limit=2, halt=True, more=True)
    play.fail("p/a/x")
    again = taken_over(play)
    for one in (play, again):
        assert keys(one) == "b"
        one.succeed("p/b/x")
        assert one.executing == ["p"]
        assert one.status("p/c") is S.NOT_STARTED


def test_nothing_begins_in_a_plan_that_has_halted_and_is_resumed() -> None:
    play = planned(*scopes("abcd"), limit=2, halt=True)
    play.say(PauseWorkflow())
    play.fail("p/a/x")
    play.say(ResumeWorkflow())
    assert keys(play) == "b"


def test_a_scope_that_is_cancelled_halts_as_one_that_fails() -> None:
    play = planned(*scopes("abc"), limit=1, halt=True)
    play.say(CancelStage("p/a"))
    play.answer("p/a/x", TaskResult.canceled("enough"))
    assert play.status("p/a") is S.CANCELED
    assert play.executing == ["p"]


def test_of_a_scope_that_has_ended_only_its_own_node_is_kept() -> None:
    play = planned(scope("a", stage("x"), stage("y", "x")), scope("b"))
    assert len(play.run.nodes) == 2 + 3 + 2
    play.succeed("p/a/x", "p/a/y")
    assert len(play.run.nodes) == 2 + 1 + 2
    play.succeed("p/b/x", "p")
    assert len(play.run.nodes) == 2


def test_windows_keep_a_long_loop_small() -> None:
    wide, window = 300, 20
    play = Play(stage("p")).start()
    for start in range(0, wide, window):
        again = [scope(str(n), stage("one"), stage("two", "one")) for n in range(start, start + window)]
        play.answer("p", plan(*again, limit=window, more=start + window < wide))
        assert len(play.run.nodes) <= 1 + start + 3 * window
        for path in play.executing:
            play.succeed(path)
        for path in play.executing:
            play.succeed(path)
    assert play.executing == ["p"]
    assert len(play.run.nodes) == 1 + wide
    assert counters(Play(workflow=play.stored()).run) == counters(play.run)
    play.succeed("p")
    assert play.ended() is S.SUCCEEDED
