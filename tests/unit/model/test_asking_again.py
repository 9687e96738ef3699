"""What another attempt asks for."""

from stageline.model.asking_again import difference, may_help, next_resources
from stageline.model.failure import Cause, Failure
from stageline.model.resources import Resources


def test_another_try_asks_for_more_of_what_was_too_little() -> None:
    had = Resources(mem=100, time=60, sbatch_opts=("--account=me", "--exclude=n1"))
    assert next_resources(Failure("", Cause.OUT_OF_MEMORY), had).mem == 200
    assert next_resources(Failure("", Cause.TIMEOUT), had).time == 120
    assert next_resources(Failure("", Cause.NODE), had, "n2").sbatch_opts == ("--account=me", "--exclude=n1,n2")
    assert next_resources(Failure("", Cause.PREEMPTED), had) == had
    assert not may_help(Failure("", Cause.OUT_OF_MEMORY), Resources())
    assert not may_help(Failure("", Cause.CANCELED), had)
    assert may_help(Failure("", Cause.NODE), Resources())


def test_what_is_asked_for_now_is_said_beside_what_was_before() -> None:
    had = Resources(cpus=2, mem=100 << 20, time=90)
    more = next_resources(Failure("", Cause.OUT_OF_MEMORY), had)
    assert difference(had, more) == "mem 200M instead of 100M"
    assert difference(had, next_resources(Failure("", Cause.TIMEOUT), more)) == (
        "mem 200M instead of 100M, time 3m instead of 1m30s"
    )
    lost = next_resources(Failure("", Cause.NODE), next_resources(Failure("", Cause.NODE), had, "n1"), "n2")
    assert difference(had, lost) == "a node other than n1,n2"
    assert difference(had, next_resources(Failure("", Cause.EXIT), had)) == ""
