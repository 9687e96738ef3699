"""Runs that depend on runs, and stages that read the manifest of a run."""

import pytest

from stageline.lab import Run, stage
from stageline.lab.model import FromRun, FromStore
from stageline.lab.view import View
from tests.unit.lab.labs import body, mistakes, only, plan


@stage(outputs={"x": "$out/x"}, params={"n": 1})
def work(params: View) -> str:
    return f"echo {params.n} > $out/x"


@stage(inputs={"metadata__first_run": "", "store__base": ""}, outputs={"report": "$out/report"})
def analyse(inputs: View) -> str:
    return f'python3 analyse.py "{inputs.metadata__first_run}" "{inputs.store__base}" > $out/report'


def test_hard_and_soft_dependencies_come_first() -> None:
    first = Run("first", work)
    made = plan(Run("last", work, depends_on=first, after=["second"]), Run("second", work, after=first), first)
    assert list(made.runs) == ["first", "second", "last"]
    assert made.runs["last"].needs == {"first": "hard", "second": "soft"}


def test_a_stage_reads_the_manifest_of_a_run_it_depends_on() -> None:
    first = Run("first-run", work, params={"n": [1, 2]})
    made = plan(first, Run("analysis", analyse, depends_on=first))
    wires = body(only(made, "analyse")).inputs
    assert isinstance(wires["store__base"], FromStore)
    assert isinstance(manifest := wires["metadata__first_run"], FromRun)
    assert manifest.run == "first-run"


def test_an_analysis_is_a_new_job_when_the_jobs_of_the_run_are_others() -> None:
    def analysis(*values: int) -> str:
        made = plan(Run("first-run", work, params={"n": list(values)}), Run("analysis", analyse, after=["first-run"]))
        return only(made, "analyse").id

    assert analysis(1, 2) == analysis(2, 1)
    assert analysis(1, 2) != analysis(1, 2, 3)


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([Run("a", work, depends_on="b"), Run("b", work, after="a")], "a: the runs wait for each other: a -> b -> a"),
        (
            [Run("first", work, after="secnd"), Run("second", work)],
            "first.after: no run of this lab is called 'secnd'",
        ),
        ([Run("a", work, depends_on=Run("b", work)), Run("c", work)], "a.depends_on: no run of this lab is called 'b'"),
        ([Run("a", work), Run("b", work, depends_on="a", after="a")], "b.after: 'a' stands under depends_on as well"),
        ([Run("a", work), Run("a", work)], "a: a second run is called 'a'; the first stands at "),
        ([Run("a b", work)], "runs: 'a b' cannot be a name"),
        ([Run("a", work, groups="x/y")], "a.groups: 'x/y' cannot be a name"),
        ([Run("a", analyse)], "a: 'analyse' reads the run 'first_run', which this run does not depend on"),
        (
            [Run("first-rum", work), Run("a", analyse, depends_on="first-rum")],
            "a: 'analyse' reads the run 'first_run', which this run does not depend on; did you mean 'first-rum'?",
        ),
        ([], ": the lab has no runs"),
        ([work], "runs: "),
        ([Run("a", work, params=[1])], "a.params: [1] is no mapping; write "),  # type: ignore[arg-type]
        ([Run("a", work, after=3)], "a.after: no run of this lab is called '3'"),  # type: ignore[arg-type]
    ],
)
def test_runs_that_cannot_be(runs: list[Run], told: str) -> None:
    (message,) = mistakes(*runs)
    assert message.startswith(told)
