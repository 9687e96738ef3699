"""A real Slurm, reached as from its login node and over ssh."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.schedulers.slurm import Slurm
from stageline.schedulers.slurm_argv import name_of
from stageline.schedulers.slurm_watch import Pace
from stageline.targets.local import LocalTarget
from stageline.targets.ssh import SshTarget
from stageline.targets.target import Target
from tests.contract.schedulers.programs import Programs

QUICK = Pace(shortest=0.3, longest=1.0, patience=15.0)


@pytest.fixture
def programs(slurm_nodes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Slurm's own programs, of which the calls are counted, and into which a test may put things."""
    return Programs(tmp_path / "programs", monkeypatch)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    """The base folder of a target; at the end nothing of it runs any more."""
    folder = tmp_path / "it's 100%"
    yield folder
    for path in folder.glob("slurm/*"):
        subprocess.run(["scancel", f"--name={name_of(path.name, str(folder))}"], check=False)


@pytest.fixture
def node(slurm_nodes: list[str], base: Path) -> Target:
    """The login node is this machine."""
    return LocalTarget(base)


@pytest.fixture(params=["local", "ssh"])
def cluster(request: pytest.FixtureRequest, slurm_nodes: list[str], base: Path) -> Slurm:
    """The cluster from here, and from afar."""
    if request.param == "local":
        return Slurm(LocalTarget(base), pace=QUICK)
    config = request.getfixturevalue("ssh_config")
    return Slurm(SshTarget("login", "one", str(base), ("-F", str(config))), pace=QUICK)


@pytest.fixture
def slurm(node: Target) -> Slurm:
    """The cluster from its login node."""
    return Slurm(node, pace=QUICK)
