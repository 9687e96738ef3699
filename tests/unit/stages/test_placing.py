"""Places with placeholders: what they come to, and that this is checked as what is written out is."""

from __future__ import annotations

from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model.resources import Resources
from stageline.stages.bash import BashStage
from stageline.stages.lower import lower
from stageline.stages.runs_on import RunsOn, place_of, settled

MIB = 1 << 20
NAMES: dict[str, Any] = {"item": {"where": "c", "cpus": 2, "text": "3", "mem": "100M", "none": None, "five": 5}}
NAMES["item"]["map"] = {"target": "c", "scheduler": "slurm", "resources": {"cpus": 1}}


@pytest.mark.parametrize(
    ("said", "target", "scheduler", "resources"),
    [
        ({"target": "${{ item.where }}"}, "c", None, Resources()),
        ({"target": "${{ item.map }}"}, "c", "slurm", Resources(cpus=1)),
        ({"target": "c", "resources": {"cpus": "${{ item.cpus }}"}}, "c", None, Resources(cpus=2)),
        ({"target": "c", "resources": {"cpus": "${{ item.text }}"}}, "c", None, Resources(cpus=3)),
        ({"target": "c", "resources": {"mem": "${{ item.mem }}"}}, "c", None, Resources(mem=100 * MIB)),
        ({"target": "c", "resources": {"mem": "${{ item.five * 2 }}G"}}, "c", None, Resources(mem=10 << 30)),
        ({"target": "c", "resources": {"mem": "${{ item.none }}"}}, "c", None, Resources()),
        ({"target": "c", "scheduler": "${{ item.none }}"}, "c", None, Resources()),
        ({"target": "${{ item.none }}", "resources": {"mem": "4G"}}, "local", None, Resources()),
        ({"target": "${{ 'local' }}", "resources": {"mem": "4G"}}, "local", None, Resources()),
        (
            {"target": "${{ 'local' }}", "scheduler": "slurm", "resources": {"cpus": 1}},
            "local",
            "slurm",
            Resources(cpus=1),
        ),
        (
            {"target": "c", "resources": {"sbatch-opts": ["--account=${{ item.where }}"]}},
            "c",
            None,
            Resources(sbatch_opts=("--account=c",)),
        ),
    ],
)
def test_what_a_place_comes_to(said: dict[str, Any], target: str, scheduler: str | None, resources: Resources) -> None:
    place = settled(said, NAMES)
    assert (place.target, place.scheduler, place.resources.read()) == (target, scheduler, resources)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"target": "${{ '' }}"}, "target: it is the name of a target, or 'local'"),
        ({"target": "c", "scheduler": "${{ item.where }}"}, "scheduler: it is 'local' or 'slurm', not 'c'"),
        ({"target": "c", "resources": {"cpus": "${{ item.mem }}"}}, "cpus: '100M' is no number of cpus"),
        ({"target": "c", "resources": {"cpus": "${{ 0 }}"}}, "cpus: 0 is no number of cpus"),
        ({"target": "c", "resources": {"mem": "${{ item.five }}"}}, "mem: '5' is no amount of memory"),
        ({"target": "c", "resources": "${{ item.five }}"}, "resources: 5 is no map of cpus, mem and time"),
        ({"target": "c", "resources": {"sbatch-opts": "--array=${{ 1 }}"}}, "sbatch_opts: --array=1 cannot be given"),
        ({"target": "c", "resources": {"mem": "${{ item.five.x }}"}}, "resources.mem: item.five is a whole number"),
        ({"target": "${{ {'targt': 'c'} }}"}, "unknown key 'targt'; did you mean 'target'?"),
    ],
)
def test_a_place_that_comes_to_none_is_an_error_that_says_which_part(said: dict[str, Any], why: str) -> None:
    with pytest.raises(DocumentError) as caught:
        settled(said, NAMES)
    assert str(caught.value).startswith(f"runs-on: {why}")


def test_what_is_settled_before_the_run_takes_no_step_of_its_own() -> None:
    fixed = lower([BashStage(name="a", bash="a", runs_on=RunsOn("c"))])[0]
    assert (fixed.tasks, fixed.type) == ((), "stage.bash.elsewhere")
    open_ = lower([BashStage(name="a", bash="a", runs_on="${{ params.x }}")])[0]
    assert [task.type for task in open_.tasks] == ["stage.placing", ""]
    assert lower([BashStage(name="a", bash="a", runs_on="local")])[0].type == "stage.bash"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"targt": "${{ params.x }}"}, "stage 'a': runs-on: unknown key 'targt'; did you mean 'target'?"),
        ({"target": "${{ 1 }}", "scheduler": "pbs"}, "stage 'a': runs-on: scheduler: it is 'local' or 'slurm'"),
        ({"target": "${{ 1 }}", "resources": {"mem": 4}}, "stage 'a': runs-on: mem: 4 is no amount of memory"),
    ],
)
def test_what_is_known_of_a_place_is_checked_when_the_stage_is_made_ready(said: dict[str, Any], why: str) -> None:
    with pytest.raises(DocumentError) as caught:
        lower([BashStage(name="a", bash="a", runs_on=said)])  # type: ignore[arg-type]
    assert str(caught.value).startswith(why)


def test_a_place_with_placeholders_is_open() -> None:
    assert RunsOn("${{ params.x }}").is_open
    place = place_of({"target": "c", "resources": {"cpus": "${{ 1 }}", "mem": "1G"}})
    assert place is not None
    assert (place.is_open, place.resources.read()) == (True, Resources(mem=1 << 30))
    assert not RunsOn("c").is_open
