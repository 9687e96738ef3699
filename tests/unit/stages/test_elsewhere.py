"""What a stage hands over to a target, and what it makes of the ways in which that may end. No target is needed."""

from __future__ import annotations

import pytest

from stageline.engine.executor import Lane, lane_of
from stageline.stages.away import owner_of
from stageline.stages.bash import BashStage
from stageline.stages.elsewhere import ElsewhereTask, token_of
from stageline.stages.tools import Tools
from stageline.targets.agent import checked_token
from tests.unit.stages.porter import Porter, named, running


def test_a_token_is_the_same_after_a_restart_and_another_for_another_attempt() -> None:
    token = token_of(running())
    assert checked_token(token).startswith("r1.")
    assert token_of(running()) == token
    others = {token_of(running(attempt=2)), token_of(running(started=8)), token_of(running(run="r2"))}
    assert len(others | {token}) == 4


@pytest.mark.parametrize("run", ["", "a b", "a/b", "a-b", "a.b", "é" * 200, "x" * 200, "-a"])
def test_runs_of_any_name_have_words_of_their_own_on_targets(run: str) -> None:
    words = {owner_of(one) for one in ("a b", "a/b", "a-b", "a.b", run)}
    assert len(words) == len({"a b", "a/b", "a-b", "a.b", run})
    checked_token(f"{owner_of(run)}.x")
    assert "." not in owner_of(run)


def test_many_may_be_under_way_and_each_may_take_its_time_to_go() -> None:
    task = ElsewhereTask(BashStage, Tools())
    assert lane_of(task) is Lane.FAR
    assert task.patience > 60


def test_what_was_being_stopped_as_its_engine_died_is_ended_there() -> None:
    porter = Porter()
    stage = running(settings={"runs-on": {"target": "c", "scheduler": "slurm"}})
    ElsewhereTask(BashStage, Tools(places=porter)).abandon(stage)
    assert porter.asked[0] == ("c", "slurm")
    assert [errand.token for errand in porter.errands] == [token_of(stage)]
    assert porter.asked[1][0] == token_of(stage)


def test_the_script_does_not_stand_in_arguments_if_it_is_long() -> None:
    from stageline.stages.work import Work

    long, short = (
        BashStage(name="a", bash=text).away(Work(named(running()), Tools())) for text in ("x" * 200_000, "true")
    )
    assert (len(long.stdin), max(map(len, long.argv)) < 1000) == (200_000, True)
    assert (short.stdin, short.argv[-1]) == (b"", "true")
