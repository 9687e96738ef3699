"""The same stages for every item: keys, names, limits, windows, and what a failing item means."""

from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model.status import Status
from stageline.stages.foreach import ForEachStage
from stageline.stages.windows import WINDOW
from tests.unit.stages.playing import bad, echo, hand, played

S = Status
SEEN = "${{ item }} ${{ loop }} ${{ key }}"


def each(foreach: Any, *stages: Any, **fields: Any) -> ForEachStage:
    return ForEachStage(name="f", foreach=foreach, stages=list(stages) or [echo("say", SEEN)], **fields)


def said(foreach: Any, **fields: Any) -> dict[str, str]:
    """What the stage inside has said, by the key of its item."""
    play = played(each(foreach, **fields), names={"params": {"found": foreach}})
    assert play.ended() is S.SUCCEEDED, play.why("f")
    items = play.outputs("f")["foreach"]
    return {key: item["stages"]["say"]["outputs"]["echo"] for key, item in items.items()}


@pytest.mark.parametrize(
    ("items", "seen"),
    [
        (["a", "b"], {"a": "a 0 a", "b": "b 1 b"}),
        (["a/b", "ü ü", ".x", ""], {"a/b": "a/b 0 a/b", "ü ü": "ü ü 1 ü ü", ".x": ".x 2 .x", "": " 3 "}),
        ([3, 1.5, True, None], {"3": "3 0 3", "1.5": "1.5 1 1.5", "true": "true 2 true", "null": "null 3 null"}),
        (["a", "a"], {"0": "a 0 0", "1": "a 1 1"}),
        ([1, "1"], {"0": "1 0 0", "1": "1 1 1"}),
        ([{"n": 1}, {"n": 2}], {"0": '{"n": 1} 0 0', "1": '{"n": 2} 1 1'}),
        ([[1], "a"], {"0": "[1] 0 0", "1": "a 1 1"}),
        ({"x": 10, "y/z": 20}, {"x": "10 0 x", "y/z": "20 1 y/z"}),
    ],
)
def test_items_have_keys(items: Any, seen: dict[str, str]) -> None:
    assert said(items) == seen


def test_the_index_is_the_key_where_that_is_asked_for() -> None:
    assert said(["a", "b"], use_index_as_key=True) == {"0": "a 0 0", "1": "b 1 1"}
    assert said({"x": 1}, use_index_as_key=True) == {"0": "1 0 0"}


@pytest.mark.parametrize("items", [["a", "b"], {"k": 1}, [{"n": 1}], []])
def test_items_may_come_from_an_expression(items: Any) -> None:
    play = played(each("${{ params.found }}"), names={"params": {"found": items}})
    assert play.ended() is S.SUCCEEDED
    assert len(play.outputs("f")["foreach"]) == len(items)


def test_an_item_keeps_its_type_and_stands_beside_its_stages() -> None:
    play = played(each([{"n": 1}], hand("take")))
    assert play.names("f/0/take") == {"item": {"n": 1}, "loop": 0, "key": "0"}
    play.succeed("f/0/take", n=2)
    assert play.outputs("f") == {
        "foreach": {
            "0": {
                "item": {"n": 1},
                "status": "SUCCEEDED",
                "stages": {"take": {"status": "SUCCEEDED", "outputs": {"n": 2}}},
            }
        }
    }


def test_an_empty_list_succeeds_with_no_items() -> None:
    play = played(each([]))
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("f") == {"foreach": {}}


def test_placeholders_in_names_of_stages_are_filled_in_for_each_item() -> None:
    play = played(each(["a", "b"], hand("Take ${{ item }}", id="take"), concurrent=2))
    assert [play.node(f"f/{n}/take").spec.name for n in (0, 1)] == ["Take a", "Take b"]


@pytest.mark.parametrize("concurrent", [1, 2, 10])
def test_so_many_items_run_at_a_time(concurrent: int) -> None:
    play = played(each(list(range(25)), hand(), concurrent=concurrent))
    for _ in range(25):
        assert 0 < len(play.executing) <= concurrent
        play.succeed(play.executing[-1])
    assert play.ended() is S.SUCCEEDED


def test_one_item_at_a_time_is_the_default() -> None:
    play = played(each(["ab"], hand(), hand("y")))
    assert play.executing == ["f/0/x"]


def test_a_failing_item_lets_no_more_begin_and_those_that_run_finish() -> None:
    play = played(each(["a", "b", "c"], hand(), concurrent=2))
    play.fail("f/0/x", "no luck")
    assert play.executing == ["f/1/x"]
    play.succeed("f/1/x")
    assert play.ended() is S.FAILED
    assert play.why("f") == "item 'a': stage 'x' failed: no luck"
    assert list(play.outputs("f")["foreach"]) == ["a", "b"]


@pytest.mark.parametrize("value", ["a,b", '["a"]', 3, None, True])
def test_what_is_no_list_is_an_error_that_says_so(value: Any) -> None:
    play = played(each("${{ params.found }}"), names={"params": {"found": value}})
    assert play.ended() is S.FAILED
    assert "foreach is a list, a mapping, or an expression" in play.why("f") or "at foreach" in play.why("f")


@pytest.mark.parametrize(
    ("foreach", "fields", "said"),
    [
        ("a,b", {}, "and not the text 'a,b'"),
        (3, {}, "foreach: expected"),
        (["a"], {"concurrent": 0}, "concurrent: expected a whole number >= 1"),
        (["a"], {"concurrent": 11}, "concurrent: expected a whole number <= 10"),
    ],
)
def test_what_is_wrong_is_said_when_the_stage_is_made(foreach: Any, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        each(foreach, **fields)


def test_a_list_without_stages_is_an_error() -> None:
    with pytest.raises(DocumentError, match="stages is a list of stages that is not empty"):
        ForEachStage(name="f", foreach=[1], stages=[])


def test_no_more_than_a_window_is_planned_ahead() -> None:
    play = played(each(list(range(1000)), hand()))
    most = 0
    for _ in range(1000):
        scopes = [node for node in play.run.nodes.values() if node.is_scope]
        most = max(most, sum(not node.record.status.ended for node in scopes))
        play.succeed(play.executing[0])
    assert play.ended() is S.SUCCEEDED
    assert most <= WINDOW + 1
    assert play.asked.count("f") == 1000 // WINDOW + 2


def test_the_list_is_computed_once_however_often_the_stage_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = []

    class Counted(dict[str, Any]):
        """Parameters that tell when they are read."""

        def __getitem__(self, name: str) -> Any:
            computed.append(name)
            return super().__getitem__(name)

    monkeypatch.setattr("stageline.stages.names.typed", lambda values, types: Counted(values))
    play = played(each("${{ params['found'] }}", hand()), names={"params": {"found": list(range(WINDOW * 5))}})
    for number in range(WINDOW * 5):
        play.succeed(f"f/{number}/x")
    assert play.ended() is S.SUCCEEDED
    assert play.asked.count("f") == 6
    assert len(computed) <= 1


def test_a_loop_that_is_taken_over_goes_on_where_it_was() -> None:
    play = played(each("${{ params.found }}", hand()), names={"params": {"found": list(range(WINDOW + 10))}})
    for number in range(WINDOW - 1):
        play.succeed(f"f/{number}/x")
    again = play.taken_over()
    for number in range(WINDOW - 1, WINDOW + 10):
        assert again.executing == [f"f/{number}/x"]
        again.succeed(f"f/{number}/x")
    assert again.ended() is S.SUCCEEDED
    assert len(again.outputs("f")["foreach"]) == WINDOW + 10


def test_loops_may_be_inside_of_loops() -> None:
    inner = ForEachStage(name="in", foreach="${{ item }}", stages=[echo("say ${{ item }}", SEEN, id="say")])
    play = played(each([[1, 2], [3]], inner, echo("mine", "${{ loop }}")))
    assert play.ended() is S.SUCCEEDED, play.why("f")
    stages = play.outputs("f")["foreach"]["0"]["stages"]
    assert stages["in"]["outputs"]["foreach"]["2"]["stages"]["say"]["outputs"] == {"echo": "2 1 2"}
    assert stages["mine"]["outputs"] == {"echo": "0"}


def test_a_stage_sees_what_is_before_it_in_its_item_and_before_the_loop() -> None:
    play = played(
        echo("start", "s"),
        each(
            [1, 2],
            echo("one", "${{ stages.start.outputs.echo }}${{ item }}"),
            echo("two", "${{ stages.one.outputs.echo }}!"),
        ),
    )
    items = play.outputs("f")["foreach"]
    assert [item["stages"]["two"]["outputs"]["echo"] for item in items.values()] == ["s1!", "s2!"]


def test_a_failure_that_may_be_is_no_failure_of_the_item() -> None:
    play = played(each([1, 2], bad(on_failure="continue"), echo("after", "${{ stages.bad.error.message }}")))
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("f")["foreach"]["2"]["stages"]["after"]["outputs"] == {"echo": "no good"}
