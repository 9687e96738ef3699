"""The python stage: its names are its outputs."""

from datetime import date
from typing import Any

from stageline.model.failure import Cause
from stageline.stages.python import PyStage
from stageline.stages.result import FAILED, SUCCESS


def test_top_level_names_are_put_out_but_for_imports_functions_and_private_ones() -> None:
    text = "import json\nfrom os import path\ndef twice(n):\n    return n * 2\n_secret = 1\ntotal = twice(len(rows))\n"
    result = PyStage(name="x", run=text, vars={"rows": "${{ params.rows }}"}).execute({"rows": [1, 2, 3]})
    assert (result.status, result.outputs) == (SUCCESS, {"total": 6})


def test_a_value_may_stand_in_the_text() -> None:
    assert PyStage(name="x", run="item = ${{ item }} + 1").execute({"params": {}, "item": 4}).outputs == {"item": 5}


def test_what_it_raises_has_its_line() -> None:
    result = PyStage(name="x", run="a = 1\n\nraise LookupError('gone')").execute({})
    assert result.status is FAILED
    assert result.failure is not None
    assert (result.failure.message, result.failure.cause, result.failure.name) == (
        "LookupError: gone (line 3 of the script)",
        Cause.EXCEPTION,
        "LookupError",
    )


def test_exit_with_zero_ends_it_well_and_with_another_code_does_not() -> None:
    assert PyStage(name="x", run="import sys\na = 1\nsys.exit(0)").execute({}).outputs == {"a": 1}
    assert PyStage(name="x", run="import sys\nsys.exit(3)").execute({}).status is FAILED


def test_dates_reach_the_text_as_iso_and_expressions_as_dates() -> None:
    vars: dict[str, Any] = {"day": "${{ params.day }}", "month": "${{ params.day.month }}"}
    result = PyStage(name="x", run="year = day[:4]\nnext_month = month + 1", vars=vars).execute(
        {"day": date(2024, 1, 31)}
    )
    assert result.outputs == {"year": "2024", "next_month": 2}
