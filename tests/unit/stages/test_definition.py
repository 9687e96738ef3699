"""Stages as their authors write them: named fields, checked when the stage is made."""

from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.stages.base import BaseAsyncStage, BaseRetryStage, BaseStage
from stageline.stages.bash import BashStage
from stageline.stages.empty import EmptyStage
from stageline.stages.group import GroupStage
from stageline.stages.raise_error import RaiseStage


class CountRowsStage(BaseStage):
    """A kind of one's own: a field that must be given follows those that need not be."""

    table: str
    limit: int = 10


def test_a_kind_is_called_after_its_class() -> None:
    assert [kind.kind() for kind in (EmptyStage, RaiseStage, CountRowsStage)] == ["empty", "raise", "count-rows"]


def test_a_kind_of_ones_own_declares_fields_by_annotations() -> None:
    stage = CountRowsStage(name="count", table="t")
    assert (stage.table, stage.limit, stage.id, stage.extras) == ("t", 10, None, {})
    assert repr(stage) == "CountRowsStage(name='count', table='t')"


@pytest.mark.parametrize("seconds", [0, 0.5, 1800])
def test_bounds_are_inclusive(seconds: float) -> None:
    assert EmptyStage(name="wait", sleep=seconds).sleep == seconds


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (EmptyStage, {"sleep": 1801}, "EmptyStage 'x': sleep: expected a number <= 1800.0"),
        (EmptyStage, {"sleep": -1}, "EmptyStage 'x': sleep: expected a number >= 0.0"),
        (EmptyStage, {"echo": 3}, "EmptyStage 'x': echo: expected a text or nothing, got a whole number"),
        (EmptyStage, {"id": "a/b"}, "EmptyStage 'x': id: a stage's id is printable, has no slash"),
        (EmptyStage, {"timeout": 0}, "EmptyStage 'x': timeout: expected a number > 0.0"),
        (BashStage, {"bash": "true", "retry": -1}, "BashStage 'x': retry: expected a whole number >= 0"),
        (GroupStage, {"stages": []}, "GroupStage 'x': stages is a list of stages that is not empty"),
        (GroupStage, {"stages": ["a"]}, "GroupStage 'x': stages holds str, which is no stage"),
        (EmptyStage, {"name": " "}, "EmptyStage ' ': name is a text that is not blank"),
    ],
)
def test_a_field_that_cannot_be_is_named(kind: type[BaseStage], fields: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        kind(**{"name": "x", **fields})
    assert str(caught.value).startswith(said)


def test_a_placeholder_stands_wherever_text_or_a_number_does() -> None:
    fields: dict[str, Any] = {"sleep": "${{ params.pause }}"}
    assert repr(EmptyStage(name="x", **fields)) == "EmptyStage(name='x', sleep='${{ params.pause }}')"


def test_a_stage_cannot_be_changed() -> None:
    stage = EmptyStage(name="x")
    with pytest.raises(AttributeError):
        stage.name = "y"


def test_the_nearest_of_process_and_async_process_decides_where_a_kind_runs() -> None:
    class Awaiting(BaseAsyncStage):
        async def async_process(self, params: Any, run_id: str, context: Any, **more: Any) -> Any:
            return None

    class Blocking(Awaiting):
        def process(self, params: Any, run_id: str, context: Any, **more: Any) -> Any:
            return None

    assert [kind.awaits() for kind in (BaseAsyncStage, BaseRetryStage, Awaiting, Blocking)] == [
        False,
        False,
        True,
        False,
    ]


def test_what_a_kind_holds_decides_whether_it_is_nested() -> None:
    assert GroupStage(name="g", stages=[EmptyStage(name="e")]).is_nested
    assert not EmptyStage(name="e").is_nested
