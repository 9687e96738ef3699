"""Each kind of place with the real programs: a folder of this machine, a host over ssh, a cluster, one over ssh."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project

KINDS = ("folder", "host", "cluster", "far")


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
