"""Where the parameters of a job come from."""

from stageline.lab import Run, pipeline, stage
from stageline.lab.node import Node
from stageline.lab.trace import trace
from stageline.lab.view import View
from tests.unit.lab.labs import jobs, plan


@stage(outputs={"x": "$out/x"}, params={"seed": 1, "size": 10, "mode": "a", "depth": 3})
def make(params: View) -> str:
    return f"echo {params.seed} {params.size} {params.mode} > $out/x"


@stage(inputs={"x": ""}, outputs={"y": "$out/y"}, params={"size": 10})
def read(params: View) -> str:
    return f"echo {params.size} > $out/y"


@pipeline
def both() -> Node:
    return read(x=make(mode="b")["x"])


def test_each_parameter_says_who_gave_it() -> None:
    made = plan(Run("sim", both, params={"seed": [1, 2, 3], "make.size": 20}))
    found = {(one.stage, one.name): one for one in trace(made, jobs(made, "read")[0].id)}
    told = {key: (one.value, one.origin, one.key, one.values) for key, one in found.items()}
    assert told == {
        ("read", "size"): (10, "default", "", 1),
        ("make", "seed"): (1, "run", "seed", 3),
        ("make", "size"): (20, "stage.param", "make.size", 1),
        ("make", "mode"): ("b", "call", "", 1),
        ("make", "depth"): (3, "default", "", 1),
    }
    assert {one.run for one in found.values()} == {"sim"}
    assert found["make", "depth"].traceless
    assert not found["make", "mode"].traceless


def test_a_job_of_two_runs_has_its_values_from_both() -> None:
    made = plan(Run("one", both), Run("two", both, params={"seed": 1}))
    seeds = [(one.run, one.origin) for one in trace(made, jobs(made, "make")[0].id) if one.name == "seed"]
    assert seeds == [("one", "default"), ("two", "run")]
