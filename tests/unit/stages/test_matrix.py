"""Combinations: how they come about, what they are called, and how many run at a time."""

from typing import Any

import pytest

from stageline.model.status import Status
from stageline.stages.matrix import MatrixStage, combinations, keys_of
from tests.unit.stages.playing import echo, hand, played

S = Status
TWO: dict[str, list[Any]] = {"os": ["linux", "mac"], "version": ["3.11", 3.12]}


def matrix(*stages: Any, **fields: Any) -> MatrixStage:
    found = fields.pop("combinations", [{"n": n} for n in range(5)])
    return MatrixStage(name="m", combinations=found, stages=list(stages) or [hand()], **fields)


def test_the_product_of_all_lists() -> None:
    assert combinations(TWO) == [
        {"os": "linux", "version": "3.11"},
        {"os": "linux", "version": 3.12},
        {"os": "mac", "version": "3.11"},
        {"os": "mac", "version": 3.12},
    ]


def test_an_exclude_takes_away_all_that_it_matches() -> None:
    assert combinations(TWO, exclude=[{"os": "mac", "version": "3.11"}, {"version": 3.12}]) == [
        {"os": "linux", "version": "3.11"}
    ]
    assert len(combinations(TWO, exclude=[{"os": "bsd"}])) == 4


def test_an_include_adds_to_what_it_agrees_with_or_stands_alone() -> None:
    found = combinations(
        {"os": ["linux", "mac"]}, include=[{"os": "linux", "fast": True}, {"color": "green"}, {"os": "bsd"}]
    )
    assert found == [
        {"os": "linux", "fast": True, "color": "green"},
        {"os": "mac", "color": "green"},
        {"os": "bsd"},
    ]


def test_includes_alone_are_a_matrix() -> None:
    assert combinations({}, include=[{"a": 1}, {"a": 2}]) == [{"a": 1}, {"a": 2}]
    assert combinations({}) == []


@pytest.mark.parametrize(
    ("found", "keys"),
    [
        (combinations(TWO), ["linux-3.11", "linux-3.12", "mac-3.11", "mac-3.12"]),
        ([{"a": "x/y z"}, {"a": "../.."}, {"a": ""}], ["x-y-z", "combination", "combination-2"]),
        ([{"a": "1"}, {"a": 1}, {"a": "1-1"}], ["1", "1-1", "1-1-2"]),
        ([{"a": "1-1"}, {"a": "1"}, {"a": 1}], ["1-1", "1", "1-2"]),
        ([{"a": "l" * 300}], ["l" * 100]),
        ([{"a": ["x", "y"], "b": True}], ["x-y-true"]),
    ],
)
def test_keys_are_readable_and_unique(found: list[dict[str, Any]], keys: list[str]) -> None:
    assert keys_of(found) == keys


def test_stages_see_their_combination_and_put_out_under_its_key() -> None:
    play = played(matrix(echo("say", "${{ matrix.os }}"), combinations=combinations({"os": ["linux", "mac"]})))
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("m")["matrix"]["mac"] == {
        "matrix": {"os": "mac"},
        "status": "SUCCEEDED",
        "stages": {"say": {"status": "SUCCEEDED", "outputs": {"echo": "mac"}}},
    }


def test_combinations_may_hold_placeholders() -> None:
    play = played(
        matrix(echo("say", "${{ matrix.n }}"), combinations=[{"n": "${{ params.n }}"}]), names={"params": {"n": 7}}
    )
    assert play.outputs("m")["matrix"]["7"]["matrix"] == {"n": 7}


@pytest.mark.parametrize(("at_once", "running"), [(None, 5), (1, 1), (3, 3), (99, 5)])
def test_all_run_at_once_unless_there_is_a_limit(at_once: int | None, running: int) -> None:
    assert len(played(matrix(max_parallel=at_once)).executing) == running


def test_the_first_failure_lets_no_more_begin() -> None:
    play = played(matrix(max_parallel=2))
    play.fail("m/0/x")
    assert play.executing == ["m/1/x"]
    play.succeed("m/1/x")
    assert play.ended() is S.FAILED
    assert play.why("m") == "combination '0': stage 'x' failed: broken"


def test_without_fail_fast_all_run() -> None:
    play = played(matrix(max_parallel=2, fail_fast=False))
    play.fail("m/0/x")
    for n in (1, 2, 3, 4):
        play.succeed(f"m/{n}/x")
    assert play.ended() is S.FAILED
    assert len(play.outputs("m")["matrix"]) == 5


def test_a_matrix_larger_than_a_window_is_planned_in_several() -> None:
    play = played(matrix(echo("e"), combinations=[{"n": n} for n in range(200)], max_parallel=3))
    assert play.ended() is S.SUCCEEDED
    assert list(play.outputs("m")["matrix"]) == [str(n) for n in range(200)]
