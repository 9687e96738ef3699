"""Tools of this machine, captured once for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stageline.lab.capture import Capture, write_capture
from stageline.lab.host_tools import HostTools
from tests.contract.lab.lab_runs import Bench


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What captures find again."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def host_tools(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> HostTools:
    """What captures this machine's tools."""
    return HostTools(os.environ["PATH"], tmp_path_factory.mktemp("scratch"), cache)


@pytest.fixture(scope="session")
def captures(host_tools: HostTools) -> tuple[Capture, ...]:
    """python3 and the base tools."""
    return host_tools.environment(["python3"])


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, captures: tuple[Capture, ...]) -> Path:
    """A folder with a blank in its path that holds the captures."""
    folder = tmp_path_factory.mktemp("labs") / "my lab"
    for capture in captures:
        write_capture(capture, folder / "host-tools")
    return folder


@pytest.fixture
def bench(tmp_path: Path, host_tools: HostTools) -> Bench:
    """Where an experiment is built and run; its path has a blank in it."""
    return Bench(tmp_path / "an experiment", host_tools)
