"""A real Slurm, reached as from its login node and over ssh."""

from __future__ import annotations

from pathlib import Path

import pytest

from stageline.schedulers.slurm import Slurm
from stageline.schedulers.slurm_watch import Pace
from stageline.targets.local import LocalTarget
from stageline.targets.ssh import SshTarget
from stageline.targets.target import Target
from tests.contract.schedulers.errands import Heard

QUICK = Pace(shortest=0.3, longest=1.0, patience=15.0)


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


@pytest.fixture
def heard() -> Heard:
    return Heard()
