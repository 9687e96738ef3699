"""Who may begin on one machine: within its limits, in order, with nobody left behind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stageline.schedulers.admission import NOTHING, Admission, Amount, TooLarge, check_size

CAPACITY = Amount(4, 8)
AMOUNTS = st.builds(Amount, st.integers(1, 4), st.integers(0, 8))
DEEDS = st.lists(st.one_of(AMOUNTS, st.integers(0, 5)), max_size=60)


def line(*amounts: Amount, capacity: Amount = CAPACITY) -> Admission[int]:
    admission: Admission[int] = Admission(capacity)
    for key, amount in enumerate(amounts):
        admission.ask(key, amount)
    return admission


def test_those_that_fit_begin_in_order() -> None:
    admission = line(Amount(2), Amount(2), Amount(1))
    assert admission.admit() == [0, 1]
    assert admission.admit() == []
    admission.release(1)
    assert admission.admit() == [2]


def test_memory_is_a_limit_too() -> None:
    admission = line(Amount(1, 5), Amount(1, 5), Amount(1, 3))
    assert admission.admit() == [0, 2]


def test_who_would_fit_beside_the_first_may_pass_it() -> None:
    admission = line(Amount(2), Amount(3), Amount(1), Amount(1))
    assert admission.admit() == [0, 2]  # the 3 of the first and this 1 are 4; another 1 would delay it


def test_who_would_delay_the_first_may_not_pass_it() -> None:
    admission = line(Amount(1), Amount(4), Amount(1))
    assert admission.admit() == [0]
    admission.release(0)
    assert admission.admit() == [1]


def test_when_the_first_gives_up_the_others_go_on() -> None:
    admission = line(Amount(1), Amount(4), Amount(1))
    admission.admit()
    assert admission.withdraw(1)
    assert not admission.withdraw(1)
    assert admission.admit() == [2]


def test_what_can_never_run_is_told_with_both_numbers() -> None:
    with pytest.raises(TooLarge, match=r"train asks for 8 cpus, and there are 4: give -j 8"):
        check_size("train", Amount(8), CAPACITY)
    with pytest.raises(TooLarge, match=r"train asks for 32G of memory, and there are 16G: give --mem 32G"):
        check_size("train", Amount(1, 32 << 30), Amount(4, 16 << 30))


def used(running: dict[int, Amount]) -> Amount:
    total = NOTHING
    for amount in running.values():
        total += amount
    return total


def play(deeds: Sequence[Amount | int]) -> None:
    """Ask, or let the n-th of those that run end, and hold the three promises after each step."""
    admission: Admission[int] = Admission(CAPACITY)
    waiting: dict[int, Amount] = {}
    running: dict[int, Amount] = {}
    before: dict[int, set[int]] = {}
    for key, deed in enumerate(deeds):
        if isinstance(deed, Amount):
            admission.ask(key, deed)
            waiting[key] = deed
        elif running:
            ended = sorted(running)[deed % len(running)]
            admission.release(ended)
            del running[ended]
        earlier = set(running)
        for begun in admission.admit():
            running[begun] = waiting.pop(begun)
        assert used(running).fits(CAPACITY)
        assert admission.free == CAPACITY - used(running)
        if waiting:
            first = next(iter(waiting))
            ran = before.setdefault(first, {one for one in running if one < first or one in earlier})
            assert ran & set(running), "all that ran before the first has ended, and still it waits"
            later = used({one: amount for one, amount in running.items() if one not in ran})
            for amount in waiting.values():
                delays = not (amount + later + waiting[first]).fits(CAPACITY)
                assert not amount.fits(admission.free) or delays, "there was room for it"


@given(DEEDS)
def test_never_over_the_limits_never_starved_never_idle_without_need(deeds: list[Amount | int]) -> None:
    play(deeds)
