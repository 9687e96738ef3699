"""A big sweep is a few arrays in the hands of a cluster, whatever depends on what in it."""

from __future__ import annotations

import pytest

from stageline.model.status import Status
from tests.contract.lab.lab_runs import Bench
from tests.contract.lab_targets.ways import Way
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
COUNT = 50


@pytest.mark.parametrize(("pipeline", "most"), [("work", 1), ("chain", 8)])
def test_the_jobs_of_a_sweep_are_submitted_in_few_arrays(
    ways: dict[str, Way], bench: Bench, programs: Programs, pipeline: str, most: int
) -> None:
    bench.build(SWEEP.replace("PIPELINE", pipeline).replace("COUNT", str(COUNT)))
    run = ways["slurm"].over(bench).run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert {stage.status for stage in run.stages} == {Status.SUCCEEDED}
    calls = {name: programs.calls(name) for name in ("sbatch", "squeue")}
    (bench.folder.parent / "figures").write_text(f"{len(run.stages)} jobs: {calls}")
    assert programs.calls("sbatch") <= most
