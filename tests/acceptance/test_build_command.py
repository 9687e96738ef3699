"""`stageline build`, as one types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stageline.lab.read import read_lab

LAB = """
from stageline.lab import Lab, Run, stage

@stage(outputs={"n": "$out/n"}, params={"n": 0})
def one(inputs, outputs, params):
    return f'''
        echo {params.n} > "{outputs.n}"
    '''

lab = Lab(runs=[Run("r", one, params={"n": [1, 2]})])
"""


def stageline(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "stageline", *words]
    return subprocess.run(argv, check=False, capture_output=True, text=True, cwd=folder, env=dict(os.environ))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "lab.py").write_text(LAB)
    return tmp_path


def test_it_builds_the_lab_of_this_folder(project: Path) -> None:
    ended = stageline(project, "build")
    assert (ended.returncode, ended.stderr) == (0, "")
    lab = read_lab(project / "result")
    assert ended.stdout.startswith("built result: 2 jobs in 1 run, ")
    assert lab.home.root == project / ".stageline"
    assert "nothing new" in stageline(project, "build").stdout


def test_it_tells_programs_what_it_built(project: Path) -> None:
    (project / "lab.py").write_text(LAB.replace("echo", "unused=1; echo"))
    told = json.loads(stageline(project, "build", "--json", "-o", "other").stdout)
    assert (told["jobs"], told["runs"], told["checked"], told["output"]) == (2, 1, True, "other")
    assert told["lab"] == read_lab(project / "other").id
    assert [(one["line"], one["column"]) for one in told["warnings"]] == [(7, 9)]


def test_it_packs_the_lab(project: Path) -> None:
    assert stageline(project, "build", "--tar").returncode == 0
    assert (project / "result.tar").is_file()
    assert not (project / "result").exists()


def test_mistakes_in_scripts_are_told_with_their_line(project: Path) -> None:
    (project / "lab.py").write_text(LAB.replace("echo", "ehco"))
    ended = stageline(project, "build")
    assert ended.returncode == 2
    assert "lab.py:7:9: one: 'ehco' is no declared tool" in ended.stderr
    assert "write run_dependencies" in ended.stderr
    assert not (project / "result").exists()
    assert "scripts not looked at" in stageline(project, "build", "--no-check").stdout


def test_a_tool_that_is_not_on_this_machine_is_told_with_its_stage(project: Path) -> None:
    (project / "lab.py").write_text(LAB.replace("@stage(", "@stage(run_dependencies=['no-such-tool'], "))
    ended = stageline(project, "build")
    assert ended.returncode == 3
    assert "lab.py:4:1: one.run_dependencies: " in ended.stderr
    assert "no-such-tool" in ended.stderr
