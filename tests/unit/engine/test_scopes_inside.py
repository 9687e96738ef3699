"""Inside a scope stages are what they are elsewhere: they wait, are told, join, retry, and have child runs."""

import pytest

from stageline.engine.messages import CancelWorkflow, FinishChild, Signal, Tell
from stageline.engine.run import Run
from stageline.errors import UnknownName
from stageline.model.join import Join
from stageline.model.plan import Plan
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.unit.engine.planning import plan, planned, scope, scopes, taken_over
from tests.unit.engine.play import Play, snapshot, stage

S = Status
CHILD = Workflow.create("child", [stage("x")])


def test_a_stage_inside_is_told_by_its_path() -> None:
    play = planned(*scopes("ab"))
    for key in "ab":
        play.answer(f"p/{key}/x", TaskResult.suspend())
    play.say(Signal("p/b/x", {"n": 1}))
    assert play.executing == ["p/b/x"]
    assert play.node("p/b/x").record.signal == {"n": 1}
    assert play.status("p/a/x") is S.SUSPENDED


def test_a_word_that_comes_early_is_kept_over_a_takeover() -> None:
    play = planned(scope("a", stage("x"), stage("y", "x")))
    play.say(Signal("p/a/y", {"n": 1}))
    again = taken_over(play)
    again.succeed("p/a/x")
    again.answer("p/a/y", TaskResult.suspend())
    assert again.executing == ["p/a/y"]


def test_a_word_for_what_has_ended_or_never_was_changes_nothing() -> None:
    play = planned(*scopes("ab"))
    play.succeed("p/a/x")
    before = snapshot(play.run)
    for path in ("p/a/x", "p/a", "p/c/x", "p/b/y", "p/b/x/y", "q/b/x", "end/b", "p//x", "/", ""):
        play.say(Signal(path, {}))
    assert snapshot(play.run) == before


def test_a_stage_inside_may_be_a_run_of_its_own() -> None:
    play = planned(*scopes("ab"))
    for key in "ab":
        play.answer(f"p/{key}/x", TaskResult.run_workflow(CHILD))
    one, two = play.children
    assert one.id != two.id
    assert one.parent is not None
    play.say(FinishChild(one.parent.stage, one.parent.execution, one.id, S.SUCCEEDED, {"n": 1}))
    assert play.node("p/a").record.outputs["x"] == {"status": "SUCCEEDED", "outputs": {"n": 1}}
    again = taken_over(play)
    assert two.parent is not None
    again.say(FinishChild(two.parent.stage, two.parent.execution, two.id, S.FAILED))
    assert again.status("p/b") is S.FAILED


def test_a_child_inside_is_cancelled_with_its_planner_which_waits_for_it() -> None:
    play = planned(scope("a"))
    play.answer("p/a/x", TaskResult.run_workflow(CHILD))
    (child,) = play.children
    effects = play.say(CancelWorkflow("enough"))
    assert Tell(child.id, CancelWorkflow("enough")) in effects
    assert play.status("p") is S.RUNNING
    assert child.parent is not None
    play.say(FinishChild(child.parent.stage, child.parent.execution, child.id, S.CANCELED))
    play.answer("p", TaskResult.canceled("enough"))
    assert play.ended() is S.CANCELED


def test_a_child_of_a_planner_that_ends_is_cancelled() -> None:
    play = planned(*scopes("a"), limit=2, more=True)
    play.answer("p/a/x", TaskResult.run_workflow(CHILD))
    (child,) = play.children
    tells = [effect for effect in play.succeed("p") if isinstance(effect, Tell)]
    assert [tell.run for tell in tells] == [child.id]
    before = snapshot(play.run)
    assert child.parent is not None
    play.say(FinishChild(child.parent.stage, child.parent.execution, child.id, S.CANCELED))
    assert snapshot(play.run) == before


def test_joins_cancel_their_losers_inside_a_scope() -> None:
    join = Join.any(cancel_losers=True)
    play = planned(scope("a", stage("x"), stage("y"), stage("z", "x", "y", join=join)), scope("b"))
    play.succeed("p/a/x")
    assert play.stopped == ["p/a/y"]
    play.succeed("p/a/z")
    assert play.status("p/a") is S.RUNNING
    play.answer("p/a/y", TaskResult.canceled("lost"))
    assert play.status("p/a") is S.SUCCEEDED


def test_a_planner_may_be_the_loser_of_a_join() -> None:
    join = Join.any(cancel_losers=True)
    play = Play(stage("p"), stage("fast"), stage("end", "p", "fast", join=join)).start()
    play.answer("p", plan(*scopes("ab"), limit=1))
    play.succeed("fast")
    assert play.stopped == ["p/a/x"]
    play.answer("p/a/x", TaskResult.canceled("lost"))
    play.answer("p", TaskResult.canceled("lost"))
    play.succeed("end")
    assert play.ended() is S.SUCCEEDED


def test_a_stage_inside_is_tried_again() -> None:
    play = planned(scope("a", stage("x", retry=Retry(1, delay=5))))
    play.fail("p/a/x")
    again = taken_over(play)
    for one in (play, again):
        one.wait(5)
        one.ring("p/a/x")
        one.succeed("p/a/x")
        assert one.status("p/a") is S.SUCCEEDED


def test_no_failure_inside_stops_the_run_only_what_the_planner_makes_of_it() -> None:
    play = Play(stage("p"), stage("q", "p"), stage("other")).start()
    play.answer("p", plan(*scopes("ab")))
    play.fail("p/a/x")
    play.fail("p/b/x")
    assert play.executing == ["p", "other"]
    play.answer("p", TaskResult.success({"failures": 2}))
    assert play.executing == ["q", "other"]


def test_planners_nest_and_end_from_the_inside_out() -> None:
    play, path = Play(stage("p")).start(), "p"
    for depth in range(5):
        play.answer(path, plan(scope(str(depth), stage("p"))))
        path = f"{path}/{depth}/p"
    again = taken_over(play)
    assert again.executing == [path]
    while path:
        assert again.executing == [path]
        again.succeed(path)
        path = path.rpartition("/")[0].rpartition("/")[0]
    assert again.ended() is S.SUCCEEDED
    assert list(again.run.nodes) == [0]


def test_a_stage_is_found_by_its_path() -> None:
    play = planned(scope("a", stage("q")))
    play.answer("p/a/q", plan(scope("b")))
    stored = play.stored()
    for path in ("p", "p/a", "p/a/q", "p/a/q/b/x"):
        node = play.run.find(path)
        assert node is not None
        assert stored.stage(path) == node.spec.with_record(node.record)
    assert Run(stored).find("p/a/q/b/x") is not None


def test_an_unknown_path_is_named_with_the_closest_step() -> None:
    stored = planned(scope("first", stage("train"))).stored()
    with pytest.raises(UnknownName, match=r"no stage 'p/first/trian' in 'w'; did you mean 'train'\?"):
        stored.stage("p/first/trian")
    with pytest.raises(UnknownName, match="no stage 'first'"):
        stored.stage("first")


def test_a_path_leads_to_the_latest_of_several_tries() -> None:
    play = planned(scope("a"), planner={"retry": Retry(1, delay=5)})
    play.succeed("p/a/x")
    play.fail("p")
    play.wait(5)
    play.ring("p")
    play.answer("p", plan(scope("a")))
    assert play.stored().stage("p/a/x").status is S.RUNNING


def why(play: Play) -> str:
    failure = play.node("p").record.failure
    assert failure is not None
    assert failure.permanent
    return failure.message


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (plan(), "it has no scopes, and none is running: there is nothing to wait for"),
        (plan(scope("a"), scope("a")), "scope 'a' was planned before"),
        (plan(scope("a", stage("x", "nobody"))), "requires 'nobody', which is no stage"),
        (plan(scope("a", stage("x"), stage("x"))), "the ref stands twice"),
        (plan(scope("a", stage("x", "y"), stage("y", "x"))), "cycle: "),
        (plan(scope("a", stage("x", type=""))), "neither a type nor tasks"),
        (plan(scope("a/b")), "scope 'a/b': a key is printable, has no slash"),
        (plan(scope("..")), "scope '..': a key is printable"),
        (plan(scope("")), "scope '': a key is a text that is not blank"),
        (plan(scope("a"), limit=-1), "limit is a number of scopes, or 0 for all at once, not -1"),
        (plan(scope("a", names={"f": float("nan")})), "['names']['f'] is NaN or infinite"),
        (plan(scope("a", stage("x", context={"f": object()}))), "is not JSON"),
        (TaskResult.run_stages({"scopes": 3}), "Expected `array`, got `int` - at `$.scopes`"),  # type: ignore[arg-type]
    ],
)
def test_a_plan_that_cannot_be_followed_says_why(bad: TaskResult, words: str) -> None:
    play = Play(stage("p", retry=3)).start()
    play.answer("p", bad)
    assert why(play).startswith("the plan cannot be followed: ")
    assert words in why(play)
    assert play.ended() is S.FAILED


def test_a_key_cannot_be_planned_twice_in_one_try() -> None:
    play = planned(*scopes("ab"), limit=3, more=True)
    play.answer("p", plan(scope("b")))
    assert "scope 'b' was planned before" in why(play)
    assert set(play.stopped) == {"p/a/x", "p/b/x"}


def test_a_plan_without_end_is_refused() -> None:
    play, path = Play(stage("p")).start(), "p"
    while path in play.executing:
        play.answer(path, plan(scope("k", stage("p"))))
        path += "/k/p"
    failures = [str(n.record.failure) for n in play.run.nodes.values() if n.record.failure]
    assert path.count("k") > 50
    assert any("stages are nested 50 deep at most; does it plan itself without an end?" in text for text in failures)


def test_a_plan_that_came_as_plain_data_is_followed() -> None:
    play = Play(stage("p")).start()
    plain = {"scopes": [{"key": "a", "stages": [{"ref_id": "x", "type": "noop"}], "names": {"n": 1}}]}
    play.answer("p", TaskResult(S.RUNNING, plan=plain))
    assert play.executing == ["p/a/x"]


def test_what_a_task_keeps_of_its_plan_is_not_what_is_run() -> None:
    names = {"list": [1]}
    answer = Plan(scopes=[scope("a", names=names)])
    play = Play(stage("p")).start()
    play.answer("p", TaskResult.run_stages(answer))
    names["list"].append(2)
    assert play.node("p/a").spec.context["names"] == {"list": [1]}
