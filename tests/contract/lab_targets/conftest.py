"""Each way of running a Lab elsewhere, with the real programs: this machine as a target, ssh, Slurm over both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.lab_targets.ways import WAYS, Way


@pytest.fixture
def ways(request: pytest.FixtureRequest, base: Path) -> dict[str, Way]:
    """All of them, by name; engines are started when one is used."""
    return {name: Way(name, base, request) for name in WAYS}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, ways: dict[str, Way]) -> Way:
    """Each in turn."""
    return ways[request.param]
