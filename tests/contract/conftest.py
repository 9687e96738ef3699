"""What several suites begin with: a project, an experiment, and a place on a cluster; each has a blank in its path."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from stageline.schedulers.slurm_argv import name_of
from tests.contract.cli.calling import Project
from tests.contract.lab.lab_runs import Bench
from tests.contract.schedulers.programs import Programs
from tests.lanes import CLUSTERS


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with settings of its own."""
    folder = tmp_path / "a project"
    folder.mkdir()
    folders = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    made = Project(folder, folders)
    yield made
    made.close()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What captures find again."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def host_tools(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> HostTools:
    """What captures this machine's tools."""
    return HostTools(os.environ["PATH"], tmp_path_factory.mktemp("scratch"), cache)


@pytest.fixture
def bench(tmp_path: Path, host_tools: HostTools) -> Bench:
    """Where an experiment is built and run."""
    return Bench(tmp_path / "an experiment", host_tools)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    """The base folder of targets; at the end nothing of it is left on the cluster."""
    folder = tmp_path / "it's 100%"
    yield folder
    for path in (*folder.glob("slurm/*"), *folder.glob("*/homes/*/slurm/*")):
        home = path.parent.parent
        subprocess.run(["scancel", f"--name={name_of(path.name, str(home))}"], check=False)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the user in which nobody has kept anything, nor looks for anything, but this test."""
    home = tmp_path / "my home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest) -> None:
    """What runs on targets shares a machine's room, and the answers of its cluster, with no other test."""
    if request.node.nodeid.startswith(CLUSTERS):
        request.getfixturevalue("own_home")


@pytest.fixture
def programs(slurm_nodes: list[str], own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Slurm's own programs, of which the calls are counted, and into which a test may put things."""
    return Programs(tmp_path / "programs", monkeypatch)
