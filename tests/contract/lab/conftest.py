"""Tools of this machine, captured once for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from stageline.lab.capture import Capture, write_capture
from stageline.lab.host_tools import HostTools
from stageline.runtimes.sandbox import Runtime
from tests.contract.lab.lab_runs import Bench
from tests.contract.runtimes.ready import ready
from tests.engines.control import Engines

ISOLATING = [Runtime.BWRAP, Runtime.DOCKER, Runtime.PODMAN]


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
def strange_tools(tmp_path: Path, cache: Path) -> HostTools:
    """The tools of this machine, and two that no image holds yet: `strange` and `stranger`."""
    (tmp_path / "strange").mkdir()
    for name in ("strange", "stranger"):
        (tmp_path / "strange" / name).write_text(f"#!/bin/sh\necho {uuid4().hex}\n")
        (tmp_path / "strange" / name).chmod(0o755)
    return HostTools(f"{tmp_path}/strange:{os.environ['PATH']}", tmp_path / "scratch", cache)


@pytest.fixture(params=list(Runtime))
def anywhere(request: pytest.FixtureRequest, engines: Engines, bench: Bench) -> Iterator[Bench]:
    """Each of the four runtimes."""
    yield from _in(request.param, engines, bench)


@pytest.fixture(params=ISOLATING)
def isolated(request: pytest.FixtureRequest, engines: Engines, bench: Bench) -> Iterator[Bench]:
    """Each of the three that isolate."""
    yield from _in(request.param, engines, bench)


def _in(runtime: Runtime, engines: Engines, bench: Bench) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in ready(runtime, engines).items():
            patch.setenv(variable, value)
        bench.runtime = runtime
        yield bench
