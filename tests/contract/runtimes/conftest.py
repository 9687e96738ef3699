"""Each runtime that is here, with the real program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.runtimes.sandbox import Runtime
from tests.contract.runtimes.boxes import Box
from tests.contract.runtimes.ready import ready
from tests.engines.control import Engines

ISOLATING = [Runtime.BWRAP, Runtime.DOCKER, Runtime.PODMAN]


@pytest.fixture(scope="session", params=list(Runtime))
def any_runtime(request: pytest.FixtureRequest, engines: Engines) -> Iterator[Runtime]:
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in ready(request.param, engines).items():
            patch.setenv(variable, value)
        yield request.param


@pytest.fixture(scope="session", params=ISOLATING)
def isolating_runtime(request: pytest.FixtureRequest, engines: Engines) -> Iterator[Runtime]:
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in ready(request.param, engines).items():
            patch.setenv(variable, value)
        yield request.param


@pytest.fixture
def box(any_runtime: Runtime, container_image: str, tmp_path: Path) -> Box:
    """Each of the four."""
    return Box(any_runtime, container_image, tmp_path)


@pytest.fixture
def isolated(isolating_runtime: Runtime, container_image: str, tmp_path: Path) -> Box:
    """Each of the three that isolate."""
    return Box(isolating_runtime, container_image, tmp_path)


@pytest.fixture
def contained(container_engine: str, container_image: str, tmp_path: Path) -> Box:
    """Each of the two with images."""
    return Box(Runtime(container_engine), container_image, tmp_path)


@pytest.fixture
def bwrap(engines: Engines, tmp_path: Path) -> Box:
    ready(Runtime.BWRAP, engines)
    return Box(Runtime.BWRAP, "", tmp_path)
