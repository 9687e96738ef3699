"""A big sweep is a few arrays in the hands of a cluster, whatever depends on what in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from tests.contract.cli.calling import Project
from tests.contract.lab.lab_runs import Bench
from tests.contract.lab_targets.test_coming_back import CONFIG
from tests.contract.schedulers.programs import Programs

pytestmark = pytest.mark.timeout(300)  # a cluster that others use lets jobs wait
SWEEP = """
@stage(outputs={"x": "$out/x"}, params={"n": 0}, resources={"mem": "1M"})
def work(inputs, outputs, params):
    return f'echo {params.n} > "{outputs.x}"'

@stage(inputs={"x": ""}, outputs={"y": "$out/y"}, resources={"mem": "1M"})
def after(inputs, outputs, params):
    return f'cp "{inputs.x}" "{outputs.y}"'

@pipeline
def chain():
    return after(work())

lab = Lab(version="1", runs=[Run("sweep", PIPELINE, params={"n": list(range(COUNT))})])
"""
COUNT = 40


@pytest.mark.parametrize(("pipeline", "most"), [("work", 1), ("chain", 8)])
def test_the_jobs_of_a_sweep_are_submitted_in_few_arrays(
    programs: Programs, project: Project, host_tools: HostTools, base: Path, pipeline: str, most: int
) -> None:
    bench = Bench(project.folder, host_tools)
    bench.build(SWEEP.replace("PIPELINE", pipeline).replace("COUNT", str(COUNT)))
    project.write("stageline.toml", CONFIG.format(base=base / "x", config="none"))
    process = project.begin("run", "--lab", "result", "--target", "slurm")
    said = process.communicate(timeout=250)
    assert process.returncode == 0, said
    calls = {name: programs.calls(name) for name in ("sbatch", "squeue", "sacct")}
    (base / "figures").write_text(f"{len(project.last()['stages'])} jobs: {calls}")
    assert programs.calls("sbatch") <= most
