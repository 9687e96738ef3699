"""A runtime is healthy when it can do what will be asked of it; else it says what to install."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from stageline.runtimes.sandbox import Runtime
from stageline.targets.health import health_of
from tests.contract.cli.calling import Project
from tests.contract.runtimes.ready import ready
from tests.engines.control import Engines


@pytest.fixture
def podman(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ready(Runtime.PODMAN, engines).items():
        monkeypatch.setenv(name, value)


def without_init(folder: Path) -> str:
    """A configuration of podman like the present one, but for its small init program."""
    known = os.environ.get("CONTAINERS_CONF", "")
    text = Path(known).read_text() if known else "[engine]\ninit_path = ''\n"
    other = folder / "containers.conf"
    other.write_text(re.sub(r"(?m)^init_path = .*$", 'init_path = "/nowhere/init"', text))
    return str(other)


@pytest.mark.usefixtures("podman")
def test_podman_without_its_init_program_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert health_of(Runtime.PODMAN).works
    monkeypatch.setenv("CONTAINERS_CONF", without_init(tmp_path))
    health = health_of(Runtime.PODMAN)
    assert not health.works
    assert (
        "its small init program is missing: install it, for example with 'apt-get install catatonit'" in health.problem
    )


@pytest.mark.usefixtures("podman")
def test_the_doctor_says_so_too(tmp_path: Path) -> None:
    def podman_line(**env: str) -> str:
        lines = Project(tmp_path).call("doctor", env={**os.environ, **env}).out.splitlines()
        return next(line for line in lines if line.split()[1] == "podman")

    assert podman_line().startswith("ok       podman")
    missing = podman_line(CONTAINERS_CONF=without_init(tmp_path))
    assert missing.startswith("missing  podman")
    assert missing.endswith("install it, for example with 'apt-get install catatonit'")


@pytest.mark.usefixtures("podman")
def test_looking_leaves_no_container() -> None:
    def containers() -> set[str]:
        argv = ["podman", "ps", "--all", "--quiet", "--filter=name=stageline-trial"]
        return set(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split())

    health_of(Runtime.PODMAN)
    assert not containers()
