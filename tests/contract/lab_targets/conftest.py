"""Each way of running a Lab elsewhere, with the real programs: this machine as a target, ssh, Slurm over both."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from stageline.schedulers.slurm_argv import name_of
from tests.contract.lab.lab_runs import Bench
from tests.contract.lab_targets.ways import WAYS, Way
from tests.contract.schedulers.programs import Programs


@pytest.fixture(scope="session")
def host_tools(tmp_path_factory: pytest.TempPathFactory) -> HostTools:
    """What captures this machine's tools."""
    return HostTools(os.environ["PATH"], tmp_path_factory.mktemp("scratch"), tmp_path_factory.mktemp("cache"))


@pytest.fixture
def bench(tmp_path: Path, host_tools: HostTools) -> Bench:
    """Where an experiment is built and run; its path has a blank in it."""
    return Bench(tmp_path / "an experiment", host_tools)


@pytest.fixture
def programs(slurm_nodes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Slurm's own programs, of which the calls are counted, and into which a test may put things."""
    return Programs(tmp_path / "programs", monkeypatch)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    """The base folder of targets; at the end nothing of it runs any more."""
    folder = tmp_path / "it's 100%"
    yield folder
    for path in folder.glob("*/homes/*/slurm/*"):
        home = path.parent.parent
        subprocess.run(["scancel", f"--name={name_of(path.name, str(home))}"], check=False)


@pytest.fixture
def ways(request: pytest.FixtureRequest, base: Path) -> dict[str, Way]:
    """All of them, by name; engines are started when one is used."""
    return {name: Way(name, base, request) for name in WAYS}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, ways: dict[str, Way]) -> Way:
    """Each in turn."""
    return ways[request.param]
