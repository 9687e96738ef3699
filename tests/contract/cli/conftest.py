"""A project whose path has blanks, for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "a project"
    folder.mkdir()
    folders = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    made = Project(folder, folders)
    yield made
    made.close()
