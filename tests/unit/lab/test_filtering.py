"""Conditions such as `seed=42` and `lr__lt=0.1`."""

from typing import Any

import pytest

from stageline.errors import DocumentError, UnknownName
from stageline.lab.filtering import conditions, refuse_unknown

PARAMS = ("seed", "learning-rate", "name")


def holds(value: Any, **asked: Any) -> bool:
    (condition,) = conditions(asked, PARAMS)
    return condition.holds((value,))


@pytest.mark.parametrize(
    ("asked", "fits", "other"),
    [
        ({"seed": 42}, 42, 43),
        ({"seed": 42}, 42.0, "42"),
        ({"seed": 1}, 1, True),
        ({"seed": True}, True, 1),
        ({"seed__ne": 1}, 2, 1),
        ({"seed__lt": 0.1}, 0.05, 0.1),
        ({"seed__le": 0.1}, 0.1, 0.2),
        ({"seed__gt": 3}, 4, 3),
        ({"seed__ge": 3}, 3, 2.9),
        ({"seed__gt": 3}, 4, "many"),
        ({"seed__in": [1, 2]}, 2, 3),
        ({"seed__in": range(3)}, 2, True),
        ({"seed__contains": "ai"}, "train", "test"),
        ({"seed__startswith": "tr"}, "train", "test"),
        ({"seed__endswith": "in"}, "train", "test"),
        ({"seed__contains": 2}, (1, 2), (1, 3)),
    ],
)
def test_a_condition_holds_for_what_fits_only(asked: dict[str, Any], fits: Any, other: Any) -> None:
    assert holds(fits, **asked)
    assert not holds(other, **asked)


def test_dashes_and_underscores_are_the_same() -> None:
    (condition,) = conditions({"learning_rate__lt": 1}, PARAMS)
    assert (condition.name, condition.word, condition.is_field) == ("learning-rate", "lt", False)


def test_a_field_goes_before_a_parameter_of_the_same_name() -> None:
    field, param = conditions({"name": "x", "params__name__startswith": "y"}, PARAMS)
    assert (field.is_field, param.is_field, param.name, param.word) == (True, False, "name", "startswith")


def test_one_of_several_values_is_enough_and_other_than_all_of_them_is_not() -> None:
    is_run, is_not = conditions({"run": "a", "run__ne": "a"}, PARAMS)
    assert is_run.holds(("a", "b"))
    assert not is_not.holds(("a", "b"))
    assert is_not.holds(("b", "c"))


def test_a_job_without_the_parameter_does_not_fit() -> None:
    (condition,) = conditions({"seed": 1}, PARAMS)
    assert not condition.holds(())


def test_a_parameter_that_no_job_has_is_told_with_the_closest_one() -> None:
    with pytest.raises(UnknownName, match=r"no job of the Lab has a parameter 'sed'; did you mean 'seed'\?"):
        conditions({"sed": 1}, PARAMS)


def test_a_comparison_that_there_is_not_is_told_as_one() -> None:
    with pytest.raises(UnknownName, match=r"'seed__contain': nothing compares by '__contain'; did you mean 'contains'"):
        conditions({"seed__contain": 1}, PARAMS)
    with pytest.raises(UnknownName, match=r"'stage__is': nothing compares by '__is'; there are eq, ne, lt"):
        conditions({"stage__is": "x"}, PARAMS)


def test_names_that_nothing_has_are_no_empty_answer() -> None:
    having = {"stage": ["train", "test"], "run": []}
    refuse_unknown(conditions({"stage": "train", "stage__contains": "x", "version": "9"}, ()), having)
    with pytest.raises(UnknownName, match=r"no job of the Lab has the stage 'trian'; did you mean 'train'\?"):
        refuse_unknown(conditions({"stage": "trian"}, ()), having)
    with pytest.raises(UnknownName, match="no job of the Lab has the run 'r'; there are none"):
        refuse_unknown(conditions({"run": "r"}, ()), having)


def test_in_wants_several_values() -> None:
    with pytest.raises(DocumentError, match=r"seed__in wants several values, such as seed__in=\[1, 2\], not 'ab'"):
        conditions({"seed__in": "ab"}, PARAMS)
