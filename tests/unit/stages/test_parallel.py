"""Branches side by side: as many as workers, each to its own end."""

from typing import Any

import pytest

from stageline.engine.messages import CancelStage
from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.stages.parallel import ParallelStage
from tests.unit.stages.playing import bad, echo, hand, played

S = Status


def test_branches_are_put_out_under_their_names() -> None:
    play = played(
        ParallelStage(name="p", parallel={"a": [echo("one", "${{ branch }}")], "b": [echo("two"), echo("three")]})
    )
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("p") == {
        "parallel": {
            "a": {
                "branch": "a",
                "status": "SUCCEEDED",
                "stages": {"one": {"status": "SUCCEEDED", "outputs": {"echo": "a"}}},
            },
            "b": {
                "branch": "b",
                "status": "SUCCEEDED",
                "stages": {
                    "two": {"status": "SUCCEEDED", "outputs": {"echo": "two"}},
                    "three": {"status": "SUCCEEDED", "outputs": {"echo": "three"}},
                },
            },
        }
    }


@pytest.mark.parametrize(
    ("workers", "first"), [(1, ["p/a/x"]), (2, ["p/a/x", "p/b/x"]), (20, ["p/a/x", "p/b/x", "p/c/x"])]
)
def test_as_many_branches_run_as_there_are_workers(workers: int, first: list[str]) -> None:
    play = played(ParallelStage(name="p", max_workers=workers, parallel={key: [hand()] for key in "abc"}))
    assert play.executing == first
    play.succeed("p/a/x")
    assert len(play.executing) == min(workers, 2)


def test_two_workers_are_the_default() -> None:
    assert ParallelStage(name="p", parallel={"a": [hand()]}).max_workers == 2


def test_a_failing_branch_lets_the_others_finish_and_is_named_at_the_end() -> None:
    play = played(ParallelStage(name="p", parallel={"a": [bad()], "b": [hand()], "c": [bad("worse", "very bad")]}))
    assert play.executing == ["p/b/x"]
    assert play.status("p") is S.RUNNING
    play.succeed("p/b/x", n=1)
    assert play.status("p") is S.FAILED
    assert play.why("p") == ("branch 'a': stage 'bad' failed: no good; branch 'c': stage 'worse' failed: very bad")
    assert play.outputs("p")["parallel"]["b"]["stages"]["x"]["outputs"] == {"n": 1}
    assert play.outputs("p")["parallel"]["a"]["stages"]["bad"]["error"] == {"name": "StageError", "message": "no good"}


def test_what_is_skipped_in_all_branches_is_skipped_as_a_whole() -> None:
    play = played(ParallelStage(name="p", parallel={key: [echo("x", condition=False)] for key in "ab"}))
    assert play.status("p") is S.SKIPPED


def test_a_canceled_branch_cancels_the_whole_at_its_end() -> None:
    play = played(ParallelStage(name="p", parallel={"a": [hand()], "b": [hand()]}))
    play.say(CancelStage("p/a"))
    play.answer("p/a/x", TaskResult.canceled())
    assert play.status("p") is S.RUNNING
    play.succeed("p/b/x")
    assert play.status("p") is S.CANCELED


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"parallel": {}}, "parallel is a mapping"),
        ({"parallel": [hand()]}, "parallel is a mapping"),
        ({"parallel": {"a": []}}, "a is a list of stages that is not empty"),
        ({"parallel": {"a/b": [hand()]}}, "name of a branch is printable, has no slash"),
        ({"parallel": {"a": [hand()]}, "max_workers": 0}, "max-workers: expected a whole number >= 1"),
        ({"parallel": {"a": [hand()]}, "max_workers": 21}, "max-workers: expected a whole number <= 20"),
    ],
)
def test_what_is_wrong_is_said_when_the_stage_is_made(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        ParallelStage(name="p", **fields)
