"""Exceptions as failures."""

from __future__ import annotations

import pytest

from stageline.errors import DocumentError, MissingDependency
from stageline.model.failure import Cause
from stageline.tasks.raised import raised


class OddError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "cause", "message", "permanent"),
    [
        (ValueError("bad"), Cause.EXCEPTION, "ValueError: bad", False),
        (KeyError("k"), Cause.EXCEPTION, "KeyError: 'k'", False),
        (ValueError(), Cause.EXCEPTION, "ValueError", False),
        (MemoryError(), Cause.OUT_OF_MEMORY, "MemoryError", False),
        (TimeoutError("late"), Cause.TIMEOUT, "TimeoutError: late", False),
        (DocumentError("wrong"), Cause.DOCUMENT, "wrong", True),
        (MissingDependency("gone"), Cause.MISSING, "gone", True),
    ],
)
def test_each_has_its_cause_and_words(error: Exception, cause: Cause, message: str, permanent: bool) -> None:
    failure = raised(error)
    assert (failure.cause, failure.message, failure.permanent) == (cause, message, permanent)


def test_it_is_named_by_its_class_and_the_bases_of_that() -> None:
    assert raised(FileNotFoundError("x")).names == ("FileNotFoundError", "OSError", "Exception", "BaseException")


def test_an_exception_that_cannot_be_shown_is_shown_all_the_same() -> None:
    assert "OddError" in raised(OddError()).message


def test_a_long_detail_keeps_its_ends() -> None:
    detail = raised(ValueError(), "a" * 50_000 + "z").detail
    assert len(detail) < 40_000
    assert detail.startswith("aaa")
    assert detail.endswith("z")
