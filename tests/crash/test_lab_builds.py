"""A build is killed at each change that it makes: there is the Lab of before or the new one, and results stay."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stageline.lab.build import build
from stageline.lab.read import read_lab
from stageline.lab.unpack import open_lab
from stageline.lab.verify import verify
from tests.contract.lab.building import MORE, built, experiment, options

STEPS = 12


def killed_at(folder: Path, what: str, die_at: int) -> int:
    """How many changes there were in all; 0 when it was killed."""
    argv = [sys.executable, "-m", "tests.crash.lab_builder", str(folder), what, str(die_at)]
    ended = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert ended.returncode in (0, -9), ended.stderr
    return int(ended.stdout) if ended.returncode == 0 else 0


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A project with a Lab and its results, and an experiment that has more jobs by now."""
    folder = tmp_path / "before"
    lab = read_lab(built(folder).output)
    for job in lab.plan.jobs.values():
        (lab.out(job) / "data.csv").write_text(job.id)
    experiment(folder, MORE)
    return folder


def test_a_killed_build(tmp_path: Path, before: Path) -> None:
    old = read_lab(before / "result")
    shutil.copytree(before, tmp_path / "whole", symlinks=True)
    changes = killed_at(tmp_path / "whole", "build", 0)
    new = read_lab(tmp_path / "whole/result")
    seen = set()
    for at in {*range(1, changes + 1, max(changes // STEPS, 1)), changes - 1, changes}:
        folder = tmp_path / str(at)
        shutil.copytree(before, folder, symlinks=True)
        assert killed_at(folder, "build", at) == 0
        lab = read_lab(folder / "result")
        seen.add(lab.id)
        assert verify(lab) == ()
        assert build(folder / "lab.py", folder / "result", options(folder)).lab == new.id
        again = read_lab(folder / "result")
        assert verify(again) == ()
        assert all((again.out(job) / "data.csv").read_text() == job.id for job in old.plan.jobs.values())
        assert not (folder / ".stageline/new").exists()
    assert seen == {old.id, new.id}


def test_a_killed_unpacking(tmp_path: Path) -> None:
    made = tmp_path / "made"
    build(experiment(made), made / "lab.tar", options(made, tar=True))
    (tmp_path / "whole").mkdir()
    shutil.copy2(made / "lab.tar", tmp_path / "whole/lab.tar")
    changes = killed_at(tmp_path / "whole", "tar", 0)
    for at in {*range(1, changes + 1, max(changes // STEPS, 1)), changes}:
        folder = tmp_path / str(at)
        folder.mkdir()
        shutil.copy2(made / "lab.tar", folder / "lab.tar")
        assert killed_at(folder, "tar", at) == 0
        lab = open_lab(folder / "lab.tar", folder / ".stageline")
        assert verify(lab) == ()
        assert len(lab.plan.jobs) == 4
