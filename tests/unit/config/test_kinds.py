"""How settings are read: each kind of value, and what is no such value."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stageline.config import kinds
from stageline.config.settings import BY_VARIABLE, SETTINGS


@pytest.mark.parametrize(
    ("read", "given", "value"),
    [
        (kinds.flag, "Yes", True),
        (kinds.flag, "0", False),
        (kinds.flag, True, True),
        (kinds.count, "4", 4),
        (kinds.number, 0, 0),
        (kinds.seconds, "1.5", 1.5),
        (kinds.seconds_or_none, "none", None),
        (kinds.size, "5M", 5_000_000),
        (kinds.size, "1.5 kB", 1500),
        (kinds.size, 12, 12),
        (kinds.words, "a, b c", ("a", "b", "c")),
        (kinds.words, ["a"], ("a",)),
        (kinds.choice("text", "json"), "JSON", "json"),
        (kinds.path, "/a/b", Path("/a/b")),
        (kinds.path_or_none, "none", None),
    ],
)
def test_a_value_is_read_from_text_and_from_toml(read: Callable[[object], Any], given: object, value: object) -> None:
    assert read(given) == value


@pytest.mark.parametrize(
    ("read", "given", "words"),
    [
        (kinds.flag, "maybe", "true or false"),
        (kinds.count, "0", "1 or more"),
        (kinds.count, True, "1 or more"),
        (kinds.number, "-1", "0 or more"),
        (kinds.seconds, "nan", "seconds"),
        (kinds.seconds, "inf", "seconds"),
        (kinds.seconds_or_none, "0", "above 0"),
        (kinds.size, "big", "500k"),
        (kinds.words, 5, "a list of words"),
        (kinds.choice("text", "json"), "xml", "text, json"),
        (kinds.text, " ", "not blank"),
        (kinds.path, 5, "a path"),
    ],
)
def test_what_is_no_such_value_is_answered_with_what_is(
    read: Callable[[object], Any], given: object, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read(given)


def test_every_setting_has_a_name_a_meaning_and_a_variable_of_its_own() -> None:
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    assert len(BY_VARIABLE) == sum(1 + len(setting.aliases) for setting in SETTINGS)
    assert all(setting.meaning.endswith(".") and setting.takes for setting in SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_default_is_a_value_that_could_have_been_given(setting: Any) -> None:
    if setting.default is not None and setting.default != ():
        assert setting.read(setting.default) == setting.default
