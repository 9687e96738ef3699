"""What a planner sees of its scopes, and what the stages inside them see: names, stages and inputs around them."""

from pathlib import Path
from typing import Any

from stageline.engine.blobs import Blobs
from stageline.engine.inputs import Surroundings, running_stage, view_of
from stageline.model.join import Join
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.tasks.task import RunningStage
from tests.unit.engine.planning import plan, planned, scope, taken_over
from tests.unit.engine.play import Play, stage

S = Status
BLOBS = Blobs(Path("/nowhere"))


def seen_by(play: Play, path: str) -> RunningStage:
    """The stage as its task sees it."""
    view = view_of(play.run, play.node(path), BLOBS.expand)
    return running_stage(view, Surroundings("/nowhere", BLOBS, lambda: play.run.now))


def outcomes(play: Play, path: str = "p") -> dict[str, Any]:
    return dict(seen_by(play, path).scopes)


def nested() -> Play:
    """`p/o/q/i/x`: a planner in a scope of a planner, with names in both, after stages at each level."""
    play = Play(stage("a"), stage("b", "a"), stage("p", "b"), stage("aside")).start()
    play.succeed("a", key="a", only_a=1)
    play.succeed("b", key="b", rows=[1])
    play.succeed("aside", hidden=True)
    outer = scope("o", stage("before"), stage("q", "before"), names={"item": "outer", "number": 1})
    play.answer("p", plan(outer))
    play.succeed("p/o/before", key="before", rows=[2])
    play.answer("p/o/q", plan(scope("i", stage("w"), stage("x", "w"), names={"item": "inner"})))
    play.succeed("p/o/q/i/w", rows=[1, 3])
    return play


def test_a_planner_sees_how_each_of_its_scopes_has_ended() -> None:
    play = planned(scope("good", stage("x"), stage("y", "x")), scope("bad"), scope("runs"), limit=3, more=True)
    play.succeed("p/good/x", n=1)
    play.succeed("p/good/y", n=2)
    play.fail("p/bad/x", "no luck")
    done = {"status": "SUCCEEDED", "outputs": {"n": 1}}
    assert outcomes(play) == {
        "good": {
            "status": "SUCCEEDED",
            "outputs": {"x": done, "y": {"status": "SUCCEEDED", "outputs": {"n": 2}}},
            "failure": None,
        },
        "bad": {
            "status": "FAILED",
            "outputs": {"x": {"status": "FAILED", "outputs": {}, "error": {"name": "task", "message": "no luck"}}},
            "failure": "stage 'x' failed: no luck",
        },
    }
    assert outcomes(taken_over(play)) == outcomes(play)


def test_the_names_of_a_scope_are_held_as_long_as_a_stage_in_it_may_see_them() -> None:
    names = {"item": 1}
    play = Play(stage("p", resumes=True)).start()
    play.answer("p", plan(scope("good", names=names), scope("bad", names=names), scope("runs", names=names)))
    play.succeed("p/good/x")
    play.fail("p/bad/x")
    for one in (play, taken_over(play)):
        assert [bool(one.node(f"p/{key}").spec.context) for key in ("good", "bad", "runs")] == [False, True, True]
        assert seen_by(one, "p/runs/x").names == names


def test_scopes_are_seen_in_the_order_in_which_they_were_planned() -> None:
    play = planned(scope("one"), scope("two"), more=False)
    play.succeed("p/two/x", "p/one/x")
    assert list(outcomes(play)) == ["one", "two"]


def test_a_stage_that_has_planned_nothing_sees_no_scopes() -> None:
    assert outcomes(Play(stage("p")).start()) == {}


def test_a_failure_that_may_be_does_not_spoil_its_scope() -> None:
    play = planned(scope("a", stage("x", on_failure="continue"), stage("y", "x")))
    play.fail("p/a/x")
    play.succeed("p/a/y")
    assert outcomes(play)["a"]["status"] == "SUCCEEDED"
    assert outcomes(play)["a"]["outputs"]["x"]["status"] == "FAILED_CONTINUE"


def test_a_failure_that_a_join_can_do_without_does_not_spoil_its_scope() -> None:
    play = planned(scope("a", stage("x"), stage("y"), stage("z", "x", "y", join=Join.any())))
    play.fail("p/a/x")
    play.succeed("p/a/y", "p/a/z")
    assert play.status("p/a") is S.SUCCEEDED


def test_what_can_not_start_any_more_is_not_among_the_outputs() -> None:
    play = planned(scope("a", stage("x"), stage("y", "x"), stage("aside")))
    play.fail("p/a/x")
    assert play.status("p/a") is S.RUNNING
    play.succeed("p/a/aside")
    assert set(outcomes(play)["a"]["outputs"]) == {"x", "aside"}
    assert play.status("p/a") is S.FAILED


def test_a_scope_in_which_all_is_skipped_is_skipped() -> None:
    play = planned(scope("a", stage("x"), stage("y")))
    for ref in ("x", "y"):
        play.answer(f"p/a/{ref}", TaskResult.skipped())
    assert play.status("p/a") is S.SKIPPED


def test_the_names_of_inner_scopes_hide_those_of_outer_ones() -> None:
    play = nested()
    assert seen_by(play, "p/o/q").names == {"item": "outer", "number": 1}
    assert seen_by(play, "p/o/q/i/x").names == {"item": "inner", "number": 1}
    assert seen_by(play, "p").names == {}


def test_names_survive_a_takeover() -> None:
    assert seen_by(taken_over(nested()), "p/o/q/i/x").names == {"item": "inner", "number": 1}


def test_an_inner_stage_sees_what_is_before_it_and_before_all_that_it_is_below() -> None:
    assert list(seen_by(nested(), "p/o/q/i/x").stages) == ["a", "b", "before", "w"]


def test_a_stage_of_another_scope_is_not_seen() -> None:
    play = planned(scope("one", stage("x")), scope("two", stage("y"), stage("z", "y")))
    play.succeed("p/one/x", hidden=1)
    play.succeed("p/two/y", shown=1)
    assert list(seen_by(play, "p/two/z").stages) == ["y"]
    assert dict(seen_by(play, "p/two/z").execution.inputs) == {"shown": 1}


def test_an_inner_stage_hides_an_outer_one_of_the_same_ref() -> None:
    play = Play(stage("a"), stage("p", "a")).start()
    play.succeed("a", n="outer")
    play.answer("p", plan(scope("k", stage("a"), stage("x", "a"))))
    assert seen_by(play, "p/k/a").stages["a"]["outputs"] == {"n": "outer"}
    play.succeed("p/k/a", n="inner")
    assert seen_by(play, "p/k/x").stages["a"]["outputs"] == {"n": "inner"}


def test_inputs_are_merged_from_the_outside_in() -> None:
    inputs = seen_by(nested(), "p/o/q/i/x").execution.inputs
    assert dict(inputs) == {"key": "before", "only_a": 1, "rows": [1, 2, 3]}


def test_the_context_of_an_inner_stage_wins_over_its_inputs() -> None:
    play = Play(stage("a"), stage("p", "a")).start()
    play.succeed("a", n=1, m=1)
    play.answer("p", plan(scope("k", stage("x", context={"n": 2}))))
    assert dict(seen_by(play, "p/k/x").context) == {"n": 2, "m": 1}


def test_what_is_after_a_planner_sees_the_planner_and_nothing_inside_it() -> None:
    play = planned(scope("a"))
    play.succeed("p/a/x", inside=1)
    play.succeed("p", outside=2)
    assert list(seen_by(play, "end").stages) == ["p"]
    assert dict(seen_by(play, "end").execution.inputs) == {"outside": 2}


def test_each_inner_stage_has_a_key_and_a_folder_of_its_own() -> None:
    play = planned(scope("a"), scope("b"))
    one, two = (seen_by(play, f"p/{key}/x").execution for key in "ab")
    assert one.key == "run/p/a/x/0.0"
    assert one.place == "/nowhere/runs/run/p/a/x"
    assert two.key == "run/p/b/x/0.0"


def test_what_a_planner_remembers_is_there_when_it_is_asked_again() -> None:
    play = Play(stage("p", context={"at": 0, "n": 3})).start()
    answer = plan(scope("a"))
    play.answer("p", TaskResult.run_stages(answer.plan, context={"at": 1}))
    play.succeed("p/a/x")
    assert dict(seen_by(play, "p").execution.settings) == {"at": 1, "n": 3}
