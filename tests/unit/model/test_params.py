"""What is handed in for parameters is read as their types say; what is wrong is told all at once."""

import pytest

from stageline.errors import DocumentError
from stageline.model.params import Param, ParamType, Refused, read_params, value_of


@pytest.mark.parametrize(
    ("type_", "given", "value"),
    [
        ("str", "5", "5"),
        ("int", "5", 5),
        ("int", 5, 5),
        ("float", "1.5", 1.5),
        ("float", "2", 2),
        ("bool", "true", True),
        ("bool", "False", False),
        ("bool", True, True),
        ("decimal", "12.50", "12.50"),
        ("decimal", 12, "12"),
        ("decimal", 0.1, "0.1"),
        ("date", "2024-02-29", "2024-02-29"),
        ("datetime", "2024-02-29T10:00:00+02:00", "2024-02-29T10:00:00+02:00"),
        ("list", '["a", 1]', ["a", 1]),
        ("list", ["a"], ["a"]),
        ("map", '{"a": 1}', {"a": 1}),
        ("any", "3", "3"),
        ("any", "x y", "x y"),
        ("any", ["x"], ["x"]),
    ],
)
def test_a_text_is_read_as_the_type_says(type_: ParamType, given: object, value: object) -> None:
    read = value_of(Param(type_, required=True), given)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("str", 5),
        ("int", "5.5"),
        ("int", "x"),
        ("int", True),
        ("int", "true"),
        ("float", "NaN"),
        ("float", float("inf")),
        ("bool", "yes"),
        ("bool", 1),
        ("decimal", "Infinity"),
        ("decimal", True),
        ("decimal", [1]),
        ("date", "2023-02-29"),
        ("date", 3),
        ("datetime", "soon"),
        ("list", "a,b"),
        ("map", "[1]"),
        ("int", None),
    ],
)
def test_what_is_none_of_a_type_is_refused(type_: ParamType, given: object) -> None:
    with pytest.raises(Refused):
        value_of(Param(type_, required=True), given)


def test_a_choice_is_one_of_its_options_as_they_are_written() -> None:
    param = Param("choice", options=("dev", 2, True))
    assert [value_of(param, given) for given in ("dev", "2", 2, "true")] == ["dev", 2, 2, True]
    with pytest.raises(Refused, match="one of dev, 2, true"):
        value_of(param, "prod")


def test_what_is_not_given_has_its_default() -> None:
    params = {"a": Param("int", 3), "b": Param("str"), "c": Param("str", required=True)}
    assert read_params(params, {"c": "x"}) == {"a": 3, "b": None, "c": "x"}


def test_all_that_is_wrong_is_told_at_once() -> None:
    params = {
        "count": Param("int", required=True),
        "env": Param("choice", required=True, options=("dev", "prod"), desc="where to"),
    }
    with pytest.raises(DocumentError) as refused:
        read_params(params, {"count": "many", "cuont": "3"}, "nightly")
    assert str(refused.value).splitlines() == [
        "workflow 'nightly': there is no parameter 'cuont'; did you mean 'count'?",
        "workflow 'nightly': the parameter 'count' is a whole number, not \"many\"",
        "workflow 'nightly': the parameter 'env' must be given; write -p env=<dev | prod> (where to)",
    ]
