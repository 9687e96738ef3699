"""Each runtime that is here, with the real program."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.runtimes.probe import answer, question
from stageline.runtimes.sandbox import Runtime
from tests.contract.runtimes.boxes import Box
from tests.engines.control import Engines
from tests.engines.needed import up
from tests.not_run import not_run

ISOLATING = [Runtime.BWRAP, Runtime.DOCKER, Runtime.PODMAN]


def ready(runtime: Runtime, engines: Engines) -> dict[str, str]:
    """Have it running, or name the reason why not; the environment that it needs."""
    match runtime:
        case Runtime.NATIVE:
            return {}
        case Runtime.BWRAP:
            if problem := bwrap_problem():
                not_run(problem)
            return {}
        case _:
            return up(engines, runtime)


def bwrap_problem() -> str:
    """Why there is no bubblewrap for this user; empty when there is."""
    try:
        done = subprocess.run(question(Runtime.BWRAP), check=False, capture_output=True, text=True)
    except FileNotFoundError:
        return "no command 'bwrap': install the Debian package bubblewrap"
    return answer(Runtime.BWRAP, done.returncode, done.stdout, done.stderr).problem


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
