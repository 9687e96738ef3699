"""Each kind of target with the real programs: this machine, a host over ssh, and a host that has next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.targets.local import LocalTarget
from stageline.targets.ssh import SshTarget
from stageline.targets.target import Target


def over_ssh(host: str, config: Path, base: Path) -> SshTarget:
    return SshTarget(host, host, str(base), ("-F", str(config)))


@pytest.fixture(params=["local", "one", "bare"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """Each kind in turn; the path of its base folder has a blank and a quote."""
    base = tmp_path / "it's a base"
    if request.param == "local":
        yield LocalTarget(base)
        return
    yield over_ssh(request.param, request.getfixturevalue("ssh_config"), base)


@pytest.fixture
def remote(ssh_config: Path, tmp_path: Path) -> SshTarget:
    """A host over ssh."""
    return over_ssh("two", ssh_config, tmp_path / "remote")
