"""The example Labs are built and run as their words say, and their notebook works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from stageline import Lab
from stageline.lab.results import LabResults
from stageline.model.status import Status
from stageline.runtimes.sandbox import Runtime
from tests.acceptance.program import ROOT
from tests.contract.runtimes.ready import ready
from tests.engines.control import Engines

EXAMPLES = ROOT / "examples" / "labs"
NAMES = ("scatter_gather", "sweep", "two_runs")


def stageline(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> str:
    argv = [sys.executable, "-m", "stageline", *words]
    known = {**os.environ, **(env or {})}
    ended = subprocess.run(argv, check=False, cwd=folder, capture_output=True, text=True, env=known)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def made(root: Path, runtime: Runtime, env: Mapping[str, str]) -> dict[str, Path]:
    """The examples, built and run."""
    for name in NAMES:
        shutil.copytree(EXAMPLES / name, root / name)
        stageline(root / name, "build", "-q")
        stageline(root / name, "run", "-q", "--lab", "result", "-j", "2", f"--{runtime}", env=env)
    return {name: root / name for name in NAMES}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The examples, after they were run as plain processes."""
    return made(tmp_path_factory.mktemp("examples"), Runtime.NATIVE, {})


def lab_in(folder: Path) -> LabResults:
    lab = Lab.from_path(folder / "result")
    assert {job.status for job in lab.jobs()} == {Status.SUCCEEDED}
    return lab


def test_no_example_is_left_out() -> None:
    assert sorted(path.parent.name for path in EXAMPLES.glob("*/lab.py")) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_to_do_afterwards(folders: dict[str, Path], name: str) -> None:
    assert "nothing to do" in stageline(folders[name], "run", "--lab", "result")
    assert "nothing to do" in stageline(folders[name], "plan")


def test_the_sweep_draws_its_plot(folders: dict[str, Path]) -> None:
    lab = lab_in(folders["sweep"])
    (plot,) = lab.filter(stage="plot")
    assert plot.load_text().count("<polyline ") == 12
    calm = lab.filter(stage="summarize", rate=2.5)
    assert {round(job.load_json()["last"], 3) for job in calm} == {0.6}


def test_the_scatter_gather_counts_the_same_words_whatever_the_pieces(folders: dict[str, Path]) -> None:
    lab = lab_in(folders["scatter_gather"])
    three, six = lab.jobs()
    assert three.load_text() == six.load_text()
    words = re.findall("[a-z]+", (EXAMPLES / "scatter_gather" / "text.txt").read_text().lower())
    counts = sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))
    assert three.load_text().splitlines() == [f"{count} {word}" for word, count in counts[:5]]


def test_the_second_run_has_seen_every_job_of_the_first(folders: dict[str, Path]) -> None:
    lab = lab_in(folders["two_runs"])
    report = lab.run("report").jobs()[0].load_json()
    assert report["throws"] == 4 * (100 + 1000)
    assert 3.3 < report["mean"] < 3.7


@pytest.mark.parametrize("runtime", [Runtime.BWRAP, Runtime.DOCKER, Runtime.PODMAN])
def test_they_come_to_the_same_in_every_runtime(
    folders: dict[str, Path], tmp_path: Path, runtime: Runtime, engines: Engines
) -> None:
    others = made(tmp_path, runtime, ready(runtime, engines))
    for name in NAMES:
        assert list(others[name].glob(".stageline/jobs/*/process")), "no job ran as a plain process"
        for here, there in zip(lab_in(folders[name]).jobs(), lab_in(others[name]).jobs(), strict=True):
            assert [path.read_bytes() for path in there.outputs.values()] == [
                path.read_bytes() for path in here.outputs.values()
            ]


def test_the_notebook_has_no_outputs_and_its_cells_run_in_order(folders: dict[str, Path]) -> None:
    notebook = json.loads((EXAMPLES / "sweep" / "analysis.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in cells] == [[]] * len(cells)
    program = "\n".join(_printing("".join(cell["source"])) for cell in cells)
    argv = [sys.executable, "-c", program]
    ended = subprocess.run(argv, check=False, cwd=folders["sweep"], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "[np.float64(2.5)]" in ended.stdout or "[2.5]" in ended.stdout


def _printing(source: str) -> str:
    """A cell shows the value of its last line."""
    *lines, last = source.splitlines()
    return "\n".join([*lines, f"print({last})"])
