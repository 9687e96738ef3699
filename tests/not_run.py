"""The one way to say that a test cannot run here: counted and named at the end, or a failure where all is required."""

import os
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn

import pytest


def not_run(reason: str) -> NoReturn:
    """This test cannot run on this machine; with REQUIRE_ENGINES=1 that is a failure."""
    if os.environ.get("REQUIRE_ENGINES") == "1":
        pytest.fail(f"cannot run here: {reason}", pytrace=False)
    pytest.skip(reason)


def summary(skipped: Iterable[pytest.TestReport | pytest.CollectReport]) -> list[str]:
    """How many tests did not run, for each reason, whichever way they were skipped."""
    counts = Counter(_reason(report) for report in skipped)
    return [f"{count} test{'s' if count > 1 else ''}: {reason}" for reason, count in sorted(counts.items())]


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    match report.longrepr:
        case (_, _, str(reason)):
            return reason.removeprefix("Skipped: ")
        case other:
            return str(other)
