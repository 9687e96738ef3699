"""A Lab whose stages have packages of a lock, through the program: checked, built, run, and its mistakes told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project
from tests.contract.lab import locks
from tests.contract.lab.lab_runs import HEAD


@pytest.fixture
def experiment(tmp_path: Path) -> Project:
    locks.locked(tmp_path, locks.wheel(tmp_path / "wheels"))
    (tmp_path / "lab.py").write_text(HEAD + locks.LAB)
    return Project(tmp_path)


def test_it_is_checked_built_and_run(experiment: Project) -> None:
    assert experiment.call("check", "lab.py").code == 0
    assert experiment.call("build").code == 0
    shutil.rmtree(experiment.folder / "wheels")
    said = experiment.call("run", "--lab", "result")
    assert said.code == 0, said
    results = experiment.folder.glob("result/jobs/*-body-*/out/value")
    assert sorted(path.read_text() for path in results) == ["8", "9"]


def test_a_lock_that_cannot_be_installed_ends_with_2_and_its_place(experiment: Project) -> None:
    project = experiment.folder / "pyproject.toml"
    project.write_text(project.read_text().replace(">=3.11", ">=3.10"))
    said = experiment.call("build")
    assert said.code == 2
    assert "lab.py:7:1: body.environment: " in said.err
    assert "run 'uv lock' there" in said.err


def test_a_python_that_is_not_there_ends_with_3(experiment: Project) -> None:
    text = (experiment.folder / "lab.py").read_text()
    (experiment.folder / "lab.py").write_text(text.replace('uv("uv.lock")', 'uv("uv.lock", python="3.99")'))
    said = experiment.call("build")
    assert said.code == 3
    assert "body.environment: there is no Python 3.99 on this machine; there is " in said.err
