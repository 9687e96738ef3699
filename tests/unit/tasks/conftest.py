"""Running stages that no task of these tests makes a folder for."""

from pathlib import Path

import pytest

from tests.contract.tasks.running import Stages


@pytest.fixture
def stages() -> Stages:
    return Stages(Path("/nowhere"))
