"""The parameters that decide a job: its own, and those of all before it."""

from stageline.lab import Run, pipeline, stage
from stageline.lab.inherited import Inherited
from stageline.lab.model import LabPlan
from stageline.lab.node import Node
from stageline.lab.view import View
from tests.unit.lab.labs import only, plan


@stage(outputs={"x": "$out/x"}, params={"seed": 1, "size": 10})
def make(params: View) -> str:
    return f"echo {params.seed} {params.size} > $out/x"


@stage(inputs={"x": ""}, outputs={"y": "$out/y"}, params={"rate": 0.1, "size": 10})
def train(params: View) -> str:
    return f"echo {params.rate} {params.size} > $out/y"


@stage(inputs={"x": "", "y": ""}, outputs={"z": "$out/z"})
def judge() -> str:
    return "cat > $out/z"


@stage(inputs={"one": "", "two": ""}, outputs={"z": "$out/z"})
def compare() -> str:
    return "cat > $out/z"


@pipeline
def all_three() -> Node:
    made = make()
    return judge(made, train(made))


@pipeline
def twice() -> Node:
    return compare(one=make(seed=1)["x"], two=make(seed=2)["x"])


def of(made: LabPlan, stage: str) -> dict[str, object]:
    return dict(Inherited(made.jobs).of(only(made, stage).id))


def test_a_job_has_its_own_and_those_of_the_jobs_before_it() -> None:
    made = plan(Run("r", all_three, params={"seed": 7, "size": 20}))
    assert of(made, "make") == {"seed": 7, "size": 20}
    assert of(made, "train") == {"rate": 0.1, "size": 20, "seed": 7}
    assert of(made, "judge") == {"seed": 7, "size": 20, "rate": 0.1}


def test_its_own_value_wins() -> None:
    made = plan(Run("r", all_three, params={"make.size": 1, "train.size": 2}))
    assert of(made, "train")["size"] == 2


def test_where_jobs_before_it_do_not_agree_each_is_told_with_its_stage() -> None:
    made = plan(Run("r", all_three, params={"make.size": 1, "train.size": 2}))
    assert of(made, "judge") == {"seed": 1, "make.size": 1, "train.size": 2, "rate": 0.1}


def test_a_stage_that_is_used_twice_has_all_its_values() -> None:
    assert of(plan(Run("r", twice)), "compare") == {"make.seed": (1, 2), "size": 10}


def test_values_of_other_types_do_not_agree() -> None:
    made = plan(Run("r", all_three, params={"make.size": 1, "train.size": True}))
    found = of(made, "judge")
    assert (found["make.size"], found["train.size"]) == (1, True)
    assert found["train.size"] is True


def test_a_long_chain_is_no_deep_recursion() -> None:
    @stage(inputs={"x": ""}, outputs={"x": "$out/x"}, params={"n": 0})
    def link(params: View) -> str:
        return f"echo {params.n} > $out/x"

    @pipeline
    def chain() -> Node:
        node = make()
        for number in range(1500):
            node = link(x=node["x"], n=number)
        return node

    made = plan(Run("r", chain))
    last = list(made.jobs)[-1]
    assert Inherited(made.jobs).of(last)["seed"] == 1
