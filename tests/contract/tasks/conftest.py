"""Running stages with folders of their own, and the built-in tasks, shared by the tests of one file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.tasks.registry import TaskRegistry
from tests.contract.tasks.running import Stages


@pytest.fixture
def stages(tmp_path: Path) -> Stages:
    return Stages(tmp_path)


@pytest.fixture(scope="module")
def registry() -> Iterator[TaskRegistry]:
    with TaskRegistry() as registry:
        yield registry
