"""What a stage sees of those before it: the later wins, by level and declaration; only what had ended when it began."""

import logging
from pathlib import Path
from typing import Any

import pytest

from stageline.engine.blobs import Blobs
from stageline.engine.inputs import Surroundings, merge_outputs, running_stage, stage_outputs, view_of
from stageline.model.join import Join
from stageline.model.result import TaskResult
from stageline.tasks.task import RunningStage
from tests.unit.engine.play import Play, stage, tasks

BLOBS = Blobs(Path("/nowhere"))


def merged(play: Play, ref: str) -> dict[str, Any]:
    return merge_outputs(play.run, play.node(ref), BLOBS.expand)


def seen_by(play: Play, ref: str) -> RunningStage:
    """The stage as its task sees it."""
    view = view_of(play.run, play.node(ref), BLOBS.expand)
    return running_stage(view, Surroundings("/nowhere", BLOBS, lambda: play.run.now))


def diamond() -> Play:
    return Play(stage("a"), stage("b", "a"), stage("c", "a"), stage("d", "b", "c")).start()


def test_all_ancestors_are_merged_not_only_those_just_before() -> None:
    play = Play(stage("a"), stage("b", "a"), stage("c", "b")).start()
    play.succeed("a", from_a=1)
    play.succeed("b", from_b=2)
    assert merged(play, "c") == {"from_a": 1, "from_b": 2}


def test_the_deeper_level_wins() -> None:
    play = Play(stage("b", "a"), stage("a"), stage("c", "a", "b")).start()
    play.succeed("a", key="a")
    play.succeed("b", key="b")
    assert merged(play, "c")["key"] == "b"


@pytest.mark.parametrize("order", ["bc", "cb"])
def test_of_one_level_the_later_declared_wins_whichever_ended_first(order: str) -> None:
    play = diamond()
    play.succeed("a")
    for ref in order:
        play.succeed(ref, key=ref)
    assert merged(play, "d")["key"] == "c"


def test_lists_append_without_duplicates() -> None:
    play = diamond()
    play.succeed("a", rows=[1, 2])
    play.succeed("b", rows=[2, 3])
    play.succeed("c", rows=[3, 1, 4])
    assert merged(play, "d")["rows"] == [1, 2, 3, 4]


def test_a_list_and_something_else_do_not_mix() -> None:
    play = diamond()
    play.succeed("a", rows=[1])
    play.succeed("b", rows="text")
    play.succeed("c", rows=[2])
    assert merged(play, "d")["rows"] == [2]


def test_mappings_are_not_merged_within() -> None:
    play = diamond()
    play.succeed("a")
    play.succeed("b", result={"b": 1})
    play.succeed("c", result={"c": 1})
    assert merged(play, "d")["result"] == {"c": 1}


def test_every_branch_is_seen_under_its_own_ref() -> None:
    play = diamond()
    play.succeed("a")
    play.succeed("b", result={"b": 1})
    play.answer("c", TaskResult.skipped({"result": {"c": 1}}))
    assert stage_outputs(play.node("d"), BLOBS.expand) == {
        "a": {"outputs": {}, "status": "SUCCEEDED"},
        "b": {"outputs": {"result": {"b": 1}}, "status": "SUCCEEDED"},
        "c": {"outputs": {"result": {"c": 1}}, "status": "SKIPPED"},
    }


def test_what_is_not_before_a_stage_is_not_seen() -> None:
    play = Play(stage("a"), stage("other"), stage("b", "a")).start()
    play.succeed("other", secret=1)
    play.succeed("a", n=1)
    assert merged(play, "b") == {"n": 1}


def test_what_ends_after_the_start_of_a_stage_is_not_seen() -> None:
    play = Play(stage("a"), stage("b"), stage("end", "a", "b", join=Join.any(), retry=1)).start()
    play.succeed("a", a=1)
    play.succeed("b", b=1)
    assert merged(play, "end") == {"a": 1}
    play.fail("end")
    play.wait(600)
    play.ring("end")
    assert merged(play, "end") == {"a": 1}
    assert list(stage_outputs(play.node("end"), BLOBS.expand)) == ["a"]


def test_the_next_round_sees_the_new_outputs() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.succeed("a", n=1)
    play.answer("b", TaskResult.jump_to("a"))
    play.succeed("a", n=2)
    assert merged(play, "b") == {"n": 2}


def test_a_key_that_two_stages_put_out_is_reported_once_with_both(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    play = diamond()
    play.succeed("a")
    play.succeed("b", result=1)
    play.succeed("c", result=2)
    for _ in range(2):
        merged(play, "d")
    assert [record.message for record in caplog.records] == [
        "run run: key 'result' is put out by 'b' and by 'c'; the later wins"
    ]


def test_inputs_are_computed_only_when_something_asks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    play = diamond()
    for ref in "abc":
        play.succeed(ref, key=ref)
    seen = seen_by(play, "d")
    assert caplog.records == []
    assert seen.context["key"] == "c"
    assert len(caplog.records) == 2 - 1


def test_a_stages_own_context_wins_over_everything() -> None:
    play = Play(stage("a"), stage("b", "a", context={"n": "own", "m": "own"})).start()
    play.succeed("a", n="upstream", k="upstream")
    seen = seen_by(play, "b")
    assert dict(seen.context) == {"n": "own", "m": "own", "k": "upstream"}
    assert seen.execution.settings == {"n": "own", "m": "own"}
    assert dict(seen.execution.inputs) == {"n": "upstream", "k": "upstream"}


def test_what_an_earlier_execution_left_wins_over_what_was_declared() -> None:
    play = Play(stage("a", context={"page": 1, "size": 10})).start()
    play.answer("a", TaskResult.running(0, {"page": 2}))
    play.ring("a")
    assert dict(seen_by(play, "a").context) == {"page": 2, "size": 10}


def test_what_was_declared_is_never_written_back_to() -> None:
    play = Play(stage("a"), stage("b", "a", context={"n": 1})).start()
    play.succeed("a", m=2)
    dict(seen_by(play, "b").context)
    assert play.node("b").spec.context == {"n": 1}
    assert play.node("b").record.context == {}


def test_the_idempotency_key_is_that_of_the_work_not_of_the_attempt() -> None:
    play = Play(stage("a", tasks=tasks("one", "two"), retry=1)).start()
    keys = [seen_by(play, "a").idempotency_key]
    play.fail("a")
    play.wait(600)
    play.ring("a")
    keys.append(seen_by(play, "a").idempotency_key)
    play.succeed("a")
    keys.append(seen_by(play, "a").idempotency_key)
    play.answer("a", TaskResult.jump_to("a"))
    keys.append(seen_by(play, "a").idempotency_key)
    assert keys == ["run/a/0.0", "run/a/0.0", "run/a/0.1", "run/a/1.0"]


def test_every_execution_has_a_folder_of_its_own() -> None:
    play = Play(stage("a", retry=1)).start()
    folders = [seen_by(play, "a").execution.folder]
    play.fail("a")
    play.wait(600)
    play.ring("a")
    folders.append(seen_by(play, "a").execution.folder)
    assert [str(folder) for folder in folders] == ["/nowhere/runs/run/a", "/nowhere/runs/run/a/0.2"]
