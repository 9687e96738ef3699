"""The arithmetic of joins: when a stage may start, and when it never will."""

from itertools import product

import pytest

from stageline.errors import DocumentError
from stageline.model.join import ALL, Join


@pytest.mark.parametrize(
    ("join", "met", "dead", "may_start", "never"),
    [
        (ALL, 2, 0, False, False),
        (ALL, 3, 0, True, False),
        (ALL, 2, 1, False, True),
        (Join.any(), 0, 2, False, False),
        (Join.any(), 1, 2, True, False),
        (Join.any(), 0, 3, False, True),
        (Join.n_of(2), 1, 1, False, False),
        (Join.n_of(2), 2, 0, True, False),
        (Join.n_of(2), 1, 2, False, True),
        (Join.first(), 0, 0, False, False),
        (Join.first(), 1, 0, True, False),
        (Join.first(), 0, 1, False, True),
    ],
)
def test_of_three_stages(join: Join, met: int, dead: int, may_start: bool, never: bool) -> None:
    assert join.is_met(3, met, dead) is may_start
    assert join.is_hopeless(3, met, dead) is never


@pytest.mark.parametrize("join", [ALL, Join.any(), Join.n_of(1), Join.n_of(3), Join.first()])
def test_once_all_have_ended_every_join_is_decided_one_way(join: Join) -> None:
    for met, dead in product(range(4), repeat=2):
        if met + dead <= 3:
            assert not (join.is_met(3, met, dead) and join.is_hopeless(3, met, dead))
        if met + dead == 3 and join.kind != "first":
            assert join.is_met(3, met, dead) or join.is_hopeless(3, met, dead)


@pytest.mark.parametrize("join", [ALL, Join.any(), Join.first()])
def test_without_stages_before_it_nothing_has_to_be_waited_for(join: Join) -> None:
    assert join.is_met(0, 0, 0)


@pytest.mark.parametrize("count", [0, -1])
def test_n_of_less_than_one_is_refused(count: int) -> None:
    with pytest.raises(DocumentError, match=f"n_of needs a count of 1 or more, not {count}"):
        Join.n_of(count)
