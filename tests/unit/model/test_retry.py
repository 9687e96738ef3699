"""When a failure is tried again, and after how long."""

from math import inf, nan
from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.retry import Retry
from stageline.model.stage import StageExecution

KILLED = Failure("died of KILL", Cause.SIGNAL, names=("KILL",))
BUSY = Failure("exit code 75", Cause.EXIT, code=75)
REFUSED = Failure(
    "ConnectionRefusedError: no", Cause.EXCEPTION, names=("ConnectionRefusedError", "OSError", "Exception")
)


@pytest.mark.parametrize(
    ("rule", "failure", "wanted"),
    [
        ("exit", BUSY, True),
        ("exit:75", BUSY, True),
        ("exit:7", BUSY, False),
        ("exit", KILLED, False),
        ("signal", KILLED, True),
        ("signal:KILL", KILLED, True),
        ("signal:TERM", KILLED, False),
        ("exception:ConnectionRefusedError", REFUSED, True),
        ("exception:OSError", REFUSED, True),
        ("exception:ValueError", REFUSED, False),
        ("timeout", Failure("late", Cause.TIMEOUT), True),
        ("out-of-memory", Failure("no memory", Cause.OUT_OF_MEMORY), True),
        ("task", Failure("said so"), True),
    ],
)
def test_a_rule_names_a_cause_and_perhaps_which_one(rule: str, failure: Failure, wanted: bool) -> None:
    assert Retry(attempts=1, on=(rule,)).wants(failure, 1) is wanted


def test_one_matching_rule_of_several_is_enough() -> None:
    assert Retry(attempts=1, on=("timeout", "exit:75")).wants(BUSY, 1)


def test_without_rules_every_failure_is_tried_again() -> None:
    assert all(Retry(attempts=1).wants(failure, 1) for failure in (KILLED, BUSY, REFUSED))


def test_attempts_are_further_tries() -> None:
    retry = Retry(attempts=2)
    assert [retry.wants(BUSY, attempt) for attempt in (1, 2, 3)] == [True, True, False]
    assert not Retry().wants(BUSY, 1)


def test_what_is_permanent_is_never_tried_again() -> None:
    assert not Retry(attempts=5).wants(Failure("no such task", permanent=True), 1)


def test_the_delay_grows_up_to_its_limit() -> None:
    retry = Retry(attempts=9, delay=2, backoff=3, max_delay=50, jitter=0)
    assert [retry.delay_after(attempt, "key") for attempt in (1, 2, 3, 4, 5)] == [2, 6, 18, 50, 50]


def test_a_steep_backoff_does_not_overflow() -> None:
    assert Retry(attempts=999, backoff=1000, max_delay=50, jitter=0).delay_after(999, "key") == 50


def test_jitter_is_bounded_and_the_same_each_time() -> None:
    retry = Retry(attempts=1, delay=100, jitter=0.2)
    delays = {key: retry.delay_after(1, key) for key in map(str, range(200))}
    assert all(80 <= delay <= 120 for delay in delays.values())
    assert max(delays.values()) - min(delays.values()) > 20
    assert delays == {key: retry.delay_after(1, key) for key in delays}


def test_attempts_of_one_stage_are_spread_too() -> None:
    retry = Retry(attempts=9, delay=100, backoff=1)
    assert len({retry.delay_after(attempt, "run/stage") for attempt in range(1, 9)}) == 8


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": -1},
        {"delay": -1.0},
        {"delay": nan},
        {"max_delay": -1.0},
        {"max_delay": inf},
        {"backoff": 0.0},
        {"backoff": 1001.0},
        {"jitter": 1.5},
        {"jitter": -0.1},
        {"jitter": nan},
    ],
)
def test_impossible_numbers_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DocumentError, match="retry:"):
        Retry(**wrong)


def test_an_unknown_cause_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(DocumentError, match=r"no cause 'exits:1'; known causes: exit, signal, timeout"):
        Retry(on=("exits:1",))


def test_a_stage_takes_a_number_of_attempts_for_a_retry() -> None:
    assert StageExecution(ref_id="a", type="noop", retry=3).retry_rule == Retry(3)
    assert StageExecution(ref_id="a", type="noop").retry_rule == Retry(0)


def test_a_stage_refuses_an_impossible_number_of_attempts_when_it_is_made() -> None:
    with pytest.raises(DocumentError, match="stage 'a': retry"):
        StageExecution(ref_id="a", type="noop", retry=-1)
