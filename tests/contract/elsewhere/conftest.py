"""Each kind of place with the real programs: a folder of this machine, a host over ssh, a cluster, one over ssh."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.schedulers.slurm_argv import name_of
from tests.contract.cli.calling import Project
from tests.contract.schedulers.programs import Programs

KINDS = ("folder", "host", "cluster", "far")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with settings of its own."""
    folder = tmp_path / "a project"
    folder.mkdir()
    folders = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    made = Project(folder, folders)
    yield made
    made.close()


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    """The base folder of a target; at the end nothing of it is left on the cluster."""
    folder = tmp_path / "it's 100%"
    yield folder
    for path in folder.glob("slurm/*"):
        subprocess.run(["scancel", f"--name={name_of(path.name, str(folder))}"], check=False)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, base: Path) -> str:
    """A project with each kind of target in turn, called `there`; its kind."""
    kind: str = request.param
    lines = ["[targets.there]", f'base_path = "{base}"']
    if kind in ("host", "far"):
        config = request.getfixturevalue("ssh_config")
        lines += ['address = "one"', f'ssh_options = ["-F", "{config}"]']
    if kind in ("cluster", "far"):
        request.getfixturevalue("slurm_nodes")
        lines.append('scheduler = "slurm"')
    project: Project = request.getfixturevalue("project")
    project.env.update(os.environ | project.env)  # what engines have added
    project.write("stageline.toml", "\n".join(lines))
    return kind


@pytest.fixture
def programs(slurm_nodes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Slurm's own programs, of which the calls are counted."""
    return Programs(tmp_path / "programs", monkeypatch)
