"""Rounds, until a condition holds: what they see, when they end, and how many there are at most."""

from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model.status import Status
from stageline.stages.until import UntilStage
from tests.unit.stages.playing import bad, echo, hand, played

S = Status


def until(condition: Any, *stages: Any, **fields: Any) -> UntilStage:
    return UntilStage(
        name="u", until=condition, stages=list(stages) or [echo("say", "${{ item }} ${{ loop }}")], **fields
    )


def said(stage: UntilStage) -> list[str]:
    play = played(stage)
    assert play.ended() is S.SUCCEEDED, play.why("u")
    return [one["stages"]["say"]["outputs"]["echo"] for one in play.outputs("u")["until"].values()]


def test_the_item_is_the_number_of_the_round_before_unless_a_stage_puts_out_another() -> None:
    assert said(until("${{ item >= 3 }}")) == ["0 1", "1 2", "2 3"]
    assert said(until("${{ item >= 3 }}", item=5)) == ["5 1", "1 2", "2 3"]


def test_the_first_item_is_the_field() -> None:
    assert said(until("${{ loop == 2 }}", item="start")) == ["start 1", "1 2"]
    assert said(until(True, item=["any", 1])) == ['["any", 1] 1']


def test_a_stage_decides_about_the_next_item() -> None:
    play = played(until("${{ item == 'end' }}", hand()))
    assert play.names("u/1/x") == {"item": 0, "loop": 1}
    play.succeed("u/1/x", item="next")
    assert play.names("u/2/x") == {"item": "next", "loop": 2}
    play.succeed("u/2/x", item="end")
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("u")["until"]["2"] == {
        "loop": 2,
        "item": "next",
        "status": "SUCCEEDED",
        "stages": {"x": {"status": "SUCCEEDED", "outputs": {"item": "end"}}},
    }


def test_the_result_is_all_that_the_round_has_put_out_the_later_over_the_earlier() -> None:
    play = played(until("${{ result.ready and result.n == 2 }}", hand("a"), hand("b")))
    play.succeed("u/1/a", n=2, ready=True)
    play.succeed("u/1/b", n=1)
    assert play.executing == ["u/2/a"]
    play.succeed("u/2/a", n=1, ready=True)
    play.succeed("u/2/b", n=2)
    assert play.ended() is S.SUCCEEDED


def test_the_style_with_the_comparison_outside_works_too() -> None:
    assert said(until("${{ item }} >= 2")) == ["0 1", "1 2"]


def test_too_many_rounds_fail_and_keep_what_they_did() -> None:
    play = played(until("${{ false }}", max_loop=3))
    assert play.status("u") is S.FAILED
    assert play.why("u") == "after 3 rounds, which is its max-loop, this does not hold yet: ${{ false }}"
    assert list(play.outputs("u")["until"]) == ["1", "2", "3"]


def test_the_last_round_may_be_the_one() -> None:
    assert len(said(until("${{ loop == 3 }}", max_loop=3))) == 3


def test_ten_rounds_are_the_default_limit() -> None:
    assert len(played(until(False)).outputs("u")["until"]) == 10


def test_a_round_that_fails_is_the_last() -> None:
    play = played(until("${{ item >= 3 }}", echo("ok"), bad(condition="${{ loop == 2 }}")))
    assert play.status("u") is S.FAILED
    assert play.why("u") == "round '2': stage 'bad' failed: no good"
    assert list(play.outputs("u")["until"]) == ["1", "2"]


def test_a_condition_that_is_wrong_is_a_failure_that_says_so() -> None:
    play = played(until("${{ result.nothing == 1 }}"))
    assert play.status("u") is S.FAILED
    assert "result has no 'nothing'" in play.why("u")


def test_a_loop_that_is_taken_over_goes_on_where_it_was() -> None:
    play = played(until("${{ item == 'end' }}", hand()))
    play.succeed("u/1/x", item="next")
    again = play.taken_over()
    assert again.executing == ["u/2/x"]
    again.succeed("u/2/x", item="end")
    assert again.ended() is S.SUCCEEDED


@pytest.mark.parametrize(
    ("rounds", "said"),
    [(0, "max-loop: expected a whole number >= 1"), (101, "max-loop: expected a whole number <= 100")],
)
def test_the_bounds_hold(rounds: int, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        until("${{ true }}", max_loop=rounds)
