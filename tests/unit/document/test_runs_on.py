"""What may be written as `runs-on`, and what is wrong with the stages below it."""

from __future__ import annotations

import pytest

from stageline.model.resources import Resources
from stageline.stages.runs_on import RunsOn
from tests.unit.document.reading import mistake, mistakes, workflow

FULL = """
stages:
  - name: a
    bash: a
    runs-on:
      target: cluster
      scheduler: slurm
      resources: {cpus: 2, mem: 4G, time: 10m, partition: main, sbatch_opts: [--exclusive, "--account=a b"]}
"""


def test_a_place_has_a_target_a_scheduler_and_resources_with_units() -> None:
    (stage,) = workflow(FULL).stages
    place = stage.runs_on
    assert isinstance(place, RunsOn)
    assert (place.target, place.scheduler) == ("cluster", "slurm")
    assert place.resources.read() == Resources(
        cpus=2, mem=4 << 30, time=600, partition="main", sbatch_opts=("--exclusive", "--account=a b")
    )


def test_a_name_alone_is_that_of_a_target() -> None:
    job = workflow("jobs: {j: {runs_on: cluster, stages: [{name: a, bash: a}]}}").stages[0]
    assert job.runs_on == "cluster"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{target: c, resources: {mem: 4}}", "1:61: stages[0].runs-on.resources: mem: '4' is no amount of memory; "),
        ("{target: c, resources: {time: 90}}", "1:61: stages[0].runs-on.resources: time: '90' is no length of time; "),
        ("{target: c, resources: {partition: a b}}", "1:61: stages[0].runs-on.resources: partition: 'a b' is no "),
        ("{target: c, resources: {cpus: 0}}", "1:68: stages[0].runs-on.resources.cpus: expected a whole number of at"),
        ("{target: c, resources: {memory: 4G}}", "1:62: stages[0].runs-on.resources.memory: unknown key 'memory'"),
        ("{target: c, scheduler: pbs}", "1:61: stages[0].runs-on.scheduler: expected 'local' or 'slurm'"),
        (
            "{target: c, resources: {sbatch_opts: [--array=1-9]}}",
            "1:61: stages[0].runs-on.resources: sbatch_opts: --arr",
        ),
        ("{taget: c}", "1:39: stages[0].runs-on.taget: unknown key 'taget'; did you mean 'target'?"),
        ("{resources: {cpus: 2}}", "1:38: stages[0].runs-on: resources: they are for a target or a scheduler"),
        ("'${{ parms.where }}'", "1:43: stages[0].runs-on: unknown name 'parms'; did you mean 'params'?"),
        ("{target: '${{ item.where }}'}", "1:52: stages[0].runs-on.target: 'item' is known only inside of a foreach"),
        ("{target: c, resources: {mem: '${{ 1 +* 1 }}'}}", "1:75: stages[0].runs-on.resources.mem: unexpected"),
        ("{target: '${{ params.x }}', resources: {time: 90}}", "1:77: stages[0].runs-on.resources: time: '90' is no "),
        (
            "{target: '${{ secrets.x }}'}",
            "1:52: stages[0].runs-on.target: no secret can stand here: ",
        ),
        ("{target: c, scheduler: '${{ params.x }}', what: 1}", "1:80: stages[0].runs-on.what: unknown key 'what'"),
    ],
)
def test_a_place_that_is_wrong_is_told_where_it_stands(written: str, said: str) -> None:
    told = mistakes(f"stages: [{{name: a, bash: a, runs-on: {written}}}]")
    assert told[0].startswith(said), told


OPEN = """
params: {where: {type: str, default: local}, mem: {type: str, default: 1G}}
jobs:
  all:
    strategy: {matrix: {seed: [1]}}
    runs-on: {target: "${{ params.where }}", resources: {mem: "${{ params.mem }}", cpus: "${{ matrix.seed }}"}}
    stages: [{name: a, bash: a}]
  each:
    stages:
      - {name: each, foreach: [{on: c}], runs-on: "${{ item.on }}", stages: [{name: a, bash: a}]}
"""


def test_placeholders_may_stand_in_a_place_and_see_what_the_stages_inside_see() -> None:
    assert {job.name for job in workflow(OPEN).stages} == {"all", "each"}
    told = mistakes(OPEN.replace("params.mem", "params.men").replace("matrix.seed", "matrix.sed"))
    assert told == [
        "6:68: jobs.all.runs-on.resources.mem: no parameter 'men' is declared; did you mean 'mem'?",
        "6:95: jobs.all.runs-on.resources.cpus: 'matrix' has no 'sed'; did you mean 'seed'?",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("image: img", "a docker stage cannot run on target 'c'"),
        ("uses: a/b@c", "a call stage cannot run on target 'c'"),
        ("{run: x = 1, deps: []}", "a virtual-python stage cannot run on target 'c'"),
        ("trigger: other", "a trigger stage cannot run on target 'c'"),
    ],
)
@pytest.mark.parametrize("depth", ["job", "group", "foreach", "parallel", "matrix"])
def test_what_runs_here_only_is_told_however_deep_it_stands(body: str, said: str, depth: str) -> None:
    stage = f"{{name: a, {body.strip('{}')}}}"
    around = {
        "job": f"stages: [{stage}]",
        "group": f"stages: [{{name: g, stages: [{stage}]}}]",
        "foreach": f"stages: [{{name: g, foreach: [1], stages: [{stage}]}}]",
        "parallel": f"stages: [{{name: g, parallel: {{x: [{stage}]}}}}]",
        "matrix": f"strategy: {{matrix: {{x: [1]}}}}, stages: [{stage}]",
    }[depth]
    text = f"jobs: {{j: {{runs-on: c, {around}}}}}\n"
    told = [one for one in mistakes(text) if "cannot run" in one]
    assert len(told) == 1
    line, column, _ = told[0].split(":", 2)
    body_at = text.index(stage) + len("{name: a, ")
    assert (int(line), int(column) - 1 >= body_at) == (1, True)
    assert said in told[0]
    assert told[0].endswith("write 'runs-on: local' on it, and it runs here")


def test_what_has_no_work_or_says_that_it_stays_may_stand_below_a_place() -> None:
    workflow(
        """
jobs:
  j:
    runs-on: {target: c}
    stages:
      - {name: a, echo: a}
      - {name: w, approval: go on}
      - {name: r, raise: no, if: false}
      - {name: c, case: 1, match: [{case: 1, stages: [{name: x, bash: x}]}]}
      - {name: u, until: true, stages: [{name: x, run: x = 1}]}
      - {name: t, try: [{name: x, bash: x}], catch: [{name: x, bash: x}]}
      - {name: d, runs-on: local, image: img}
      - {name: b, runs-on: local, bash: b, runtime: bwrap}
"""
    )


def test_a_runtime_is_of_no_use_elsewhere() -> None:
    told = mistake("stages: [{name: a, runs-on: c, bash: a, runtime: bwrap}]")
    assert told == (
        "1:50: stages[0].runtime: a runtime isolates here only, and this stage runs on target 'c'; "
        "take it away, or write 'runs-on: local' on it, and it runs here"
    )
    workflow("stages: [{name: a, runs-on: c, bash: a, runtime: native}]")
