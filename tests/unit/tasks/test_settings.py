"""Settings come from the stage's own context, and what is wrong with them is told."""

from __future__ import annotations

import msgspec
import pytest

from stageline.errors import DocumentError
from stageline.tasks.settings import as_text, read_settings
from tests.contract.tasks.running import Stages


class Shape(msgspec.Struct):
    size: int
    colour: str = "red"


def test_known_settings_are_read_and_all_else_is_data(stages: Stages) -> None:
    assert read_settings(stages({"size": 3, "other": [1]}), Shape) == Shape(3)


def test_nothing_is_read_from_what_other_stages_put_out(stages: Stages) -> None:
    assert read_settings(stages({"size": 3}, inputs={"size": 4, "colour": "blue"}), Shape) == Shape(3)


def test_a_wrong_value_is_named(stages: Stages) -> None:
    with pytest.raises(DocumentError, match=r"stage 'work': Expected `int`, got `str` at `size`"):
        read_settings(stages({"size": "big"}), Shape)


def test_a_missing_setting_is_named_with_the_closest_there_is(stages: Stages) -> None:
    with pytest.raises(DocumentError, match="stage 'work': context needs `size`; did you mean 'sise'"):
        read_settings(stages({"sise": 3}), Shape)


def test_variables_are_text() -> None:
    assert as_text({"a": 1, "b": True, "c": False, "d": 1.5, "e": "x"}) == {
        "a": "1",
        "b": "true",
        "c": "false",
        "d": "1.5",
        "e": "x",
    }
