"""Arguments of calls: by name, of their annotated types, all mistakes at once; and returned values as outputs."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pytest

from stageline.errors import DocumentError
from stageline.tasks.arguments import bind_arguments, outputs_of

if TYPE_CHECKING:
    from somewhere_only_checkers_look import Frame  # type: ignore[import-not-found]


class Level(enum.Enum):
    HIGH = "high"


@dataclass
class Point:
    x: int
    y: float = 0.0


class Row(TypedDict):
    name: str


class Pair(NamedTuple):
    a: int
    b: Path


class Setting(msgspec.Struct):
    path: Path


class Model:
    """Looks like a pydantic model."""

    def __init__(self, value: int) -> None:
        self.value = value

    @classmethod
    def model_validate(cls, data: dict[str, Any]) -> Model:
        if not isinstance(data.get("value"), int):
            raise ValueError(  # noqa: TRY004, as pydantic
                "1 validation error for Model\nvalue\n  should be a number [type=int, input_value='a']\n"
                "    For further information visit https://pydantic.dev/v/int"
            )
        return cls(data["value"])

    def model_dump(self, mode: str) -> dict[str, Any]:
        return {"value": self.value, "mode": mode}


def one(annotation: Any, default: Any = ...) -> Callable[..., Any]:
    """A function of one parameter `x` of this type."""

    def function(x: Any = default) -> Any:
        return x

    if default is ...:
        function.__defaults__ = None
    function.__annotations__ = {"x": annotation}
    return function


def bound(function: Callable[..., Any], /, **args: Any) -> Any:
    found = bind_arguments(function, args)
    return function(*found.args, **found.kwargs)


@pytest.mark.parametrize(
    ("annotation", "given", "meant"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (str, "3", "3"),
        (Path, "a/b", Path("a/b")),
        (Path | None, None, None),
        (str | Path, "a", "a"),
        (int | Path, "a", Path("a")),
        (dt.date, "2024-01-02", dt.date(2024, 1, 2)),
        (dt.datetime, "2024-01-02T03:04:05Z", dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
        (Decimal, "1.10", Decimal("1.10")),
        (uuid.UUID, "12345678123456781234567812345678", uuid.UUID(int=0x12345678123456781234567812345678)),
        (Level, "high", Level.HIGH),
        (Literal["a", 1], 1, 1),
        (list[Path], ["a"], [Path("a")]),
        (dict[str, Point], {"p": {"x": 1}}, {"p": Point(1)}),
        (set[int], [1, 1], {1}),
        (tuple[int, str], [1, "a"], (1, "a")),
        (Sequence[int], [1], [1]),
        (Row, {"name": "a"}, {"name": "a"}),
        (Pair, [1, "b"], Pair(1, Path("b"))),
        (Setting, {"path": "a"}, Setting(Path("a"))),
        (Annotated[int, msgspec.Meta(ge=1)], 1, 1),
        (Any, {"any": "thing"}, {"any": "thing"}),
        ("Point", {"x": 2}, Point(2)),
        ("Frame", [1], [1]),
        (list["Frame | int | Path"], ["a"], ["a"]),
    ],
)
def test_a_value_is_made_what_the_annotation_says(annotation: Any, given: Any, meant: Any) -> None:
    made = bound(one(annotation), x=given)
    assert made == meant
    assert type(made) is type(meant)


@pytest.mark.parametrize(
    ("annotation", "given", "told"),
    [
        (int, "5", "argument 'x': expected `int`, got `str`"),
        (str, 5, "argument 'x': expected `str`, got `int`"),
        (int, None, "argument 'x': expected `int`, got `null`"),
        (bool, "yes", "argument 'x': expected `bool`, got `str`"),
        (dt.date, "soon", "argument 'x': invalid RFC3339 encoded date"),
        (Level, "hgih", "argument 'x': invalid enum value 'hgih'"),
        (Literal["a"], "b", "argument 'x': invalid enum value 'b'"),
        (list[int], [1, "b"], "argument 'x': expected `int`, got `str` at [1]"),
        (dict[str, Point], {"p": {"y": 1}}, "argument 'x': object missing required field `x` at [...]"),
        (int | Path, 1.5, "argument 'x': expected `int`, got `float`, or a Path cannot be made from a JSON value"),
        (Annotated[int, msgspec.Meta(ge=1)], 0, "argument 'x': expected `int` >= 1"),
        (Model, {"value": "a"}, "argument 'x': 1 validation error for Model; value; should be a number"),
        (bytes, "abcd", "argument 'x': expected `bytes`, got `str`"),
    ],
)
def test_a_value_that_does_not_fit_is_told(annotation: Any, given: Any, told: str) -> None:
    with pytest.raises(DocumentError) as error:
        bind_arguments(one(annotation), {"x": given}, "tasks/work@latest")
    assert str(error.value).startswith(f"tasks/work@latest: {told}")


def test_a_model_is_validated_by_itself() -> None:
    assert bound(one(Model), x={"value": 3}).value == 3


def test_a_default_of_none_takes_none() -> None:
    assert bound(one(int, None), x=None) is None
    assert bound(one(int, 7)) == 7


def test_all_mistakes_are_told_at_once() -> None:
    def send(message: str, recipients: list[str], priority: int = 1) -> None: ...

    with pytest.raises(DocumentError) as error:
        bind_arguments(send, {"mesage": "hi", "priority": "high"})
    assert str(error.value) == (
        "send: no argument 'mesage'; did you mean 'message'?; argument 'priority': expected `int`, got `str`; "
        "argument 'message' is missing; argument 'recipients' is missing"
    )
    with pytest.raises(DocumentError, match="no argument 'zzz'; it takes 'message', 'recipients', 'priority'"):
        bind_arguments(send, {"message": "", "recipients": [], "zzz": 1})


def test_every_way_to_declare_a_parameter() -> None:
    def function(a: int, /, b: int, *rest: int, c: int, **others: Path) -> Any:
        return a, b, rest, c, others

    assert bound(function, a=1, b=2, c=3, d="x") == (1, 2, (), 3, {"d": Path("x")})


def test_what_has_no_annotation_passes_through() -> None:
    value = object()
    assert bound(lambda x: x, x=value) is value


@pytest.mark.parametrize(
    ("returned", "outputs"),
    [
        (None, {}),
        ({"a": 1}, {"a": 1}),
        (5, {"result": 5}),
        ([1], {"result": [1]}),
        (Point(1), {"x": 1, "y": 0.0}),
        (Setting, {"result": Setting}),
        (Model(2), {"value": 2, "mode": "json"}),
        (Pair(1, Path("b")), {"result": Pair(1, Path("b"))}),
    ],
)
def test_what_a_function_returns_becomes_its_outputs(returned: object, outputs: dict[str, Any]) -> None:
    assert outputs_of(returned) == outputs
