"""Times at which something is to be done."""

from stageline.engine.timers import Timers


def test_what_is_due_comes_soonest_first() -> None:
    timers: Timers[str] = Timers()
    for at, thing in ((30, "c"), (10, "a"), (20, "b"), (40, "d")):
        timers.set(at, thing)
    assert timers.next_at == 10
    assert list(timers.due(30)) == ["a", "b", "c"]
    assert timers.next_at == 40
    assert list(timers.due(39)) == []


def test_things_of_one_time_come_in_the_order_in_which_they_were_set() -> None:
    timers: Timers[str] = Timers()
    for thing in "zay":
        timers.set(5, thing)
    assert list(timers.due(5)) == ["z", "a", "y"]


def test_things_need_not_be_comparable() -> None:
    timers: Timers[object] = Timers()
    timers.set(5, object())
    timers.set(5, object())
    assert len(list(timers.due(5))) == 2


def test_without_timers_nothing_is_due() -> None:
    timers: Timers[str] = Timers()
    assert timers.next_at is None
    assert list(timers.due(1 << 62)) == []


def test_what_is_set_while_others_are_taken_is_taken_too_if_it_is_due() -> None:
    timers: Timers[int] = Timers()
    timers.set(1, 1)
    taken = []
    for thing in timers.due(3):
        taken.append(thing)
        timers.set(thing + 1, thing + 1)
    assert taken == [1, 2, 3]
