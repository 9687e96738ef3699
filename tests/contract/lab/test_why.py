"""Why a job runs again: compared with what was finished, in this Lab and in earlier ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from stageline.lab.lab_diff import diff_labs
from stageline.lab.planned import planned
from stageline.lab.read import read_lab
from stageline.lab.why import why
from tests.contract.lab.lab_runs import Bench

LAB = '''
@stage(version="1.0", outputs={"x": "$out/x"}, params={"n": 0, "mode": "plain"})
def make(inputs, outputs, params):
    return f"""
    echo {params.n} > "{outputs.x}"
    """

@stage(inputs={"x": ""}, outputs={"y": "$out/y"})
def read(inputs, outputs, params):
    return f"""
    if [[ $(cat "{inputs.x}") == 4 ]]; then exit 3; fi
    cat "{inputs.x}" > "{outputs.y}"
    """

@pipeline
def both():
    return read(x=make()["x"])

lab = Lab(runs=[Run("r", both, params={"n": [1, 2, 3]})])
'''


@pytest.fixture
def bench(tmp_path: Path, host_tools: HostTools) -> Bench:
    bench = Bench(tmp_path, host_tools)
    bench.build(LAB)
    return bench


def of_value(bench: Bench, stage: str, n: int) -> str:
    """The id of the job of a stage for a value of n."""
    made = bench.job("make", n=n)
    if stage == "make":
        return made.id
    (found,) = [job.id for job in bench.plan.jobs.values() if made.id in job.needs]
    return found


def test_where_nothing_was_finished_there_is_nothing_to_compare(bench: Bench) -> None:
    found = why(bench.lab, of_value(bench, "make", 1))
    assert (found.todo, found.against, found.record) == ("it was never run to its end", None, None)


def test_a_changed_script_is_told_against_the_job_with_the_same_parameters(bench: Bench) -> None:
    bench.run()
    old = of_value(bench, "make", 2)
    before = bench.lab.id
    bench.build(LAB.replace("echo {params.n}", "echo {params.n} more"))
    found = why(bench.lab, of_value(bench, "make", 2))
    assert found.against is not None
    assert (found.against.other, found.lab) == (old, before)
    (difference,) = found.against.differences
    assert [line for line in difference.lines if line[0] in "+-"] == [
        '-echo 2 > "$out/x"',
        '+echo 2 more > "$out/x"',
    ]


def test_a_job_is_new_because_the_job_before_it_is(bench: Bench) -> None:
    bench.run()
    bench.build(LAB.replace('version="1.0"', 'version="1.1"'))
    found = why(bench.lab, of_value(bench, "read", 3)).against
    assert found is not None
    assert found.differences == ()
    assert [(stage, one.ingredient, one.old, one.new) for stage, one in found.causes()] == [
        ("make", "version", "1.0", "1.1")
    ]


def test_a_new_point_of_a_sweep_differs_in_its_parameter(bench: Bench) -> None:
    bench.run()
    bench.build(LAB.replace("[1, 2, 3]", "[1, 2, 3, 7]"))
    found = why(bench.lab, of_value(bench, "make", 7)).against
    assert found is not None
    assert [(one.ingredient, one.name) for one in found.differences] == [("script", ""), ("params", "n")]


def test_a_finished_job_says_so(bench: Bench) -> None:
    bench.run()
    found = why(bench.lab, of_value(bench, "make", 1))
    assert found.todo == ""
    assert found.record is not None
    assert found.against is not None
    assert found.against.other != found.job.id


def test_a_damaged_earlier_lab_is_left_out(bench: Bench) -> None:
    bench.run()
    (bench.lab.root / "revision" / "metadata.json").write_text("{}")
    bench.build(LAB.replace('version="1.0"', 'version="1.1"'))
    assert why(bench.lab, of_value(bench, "make", 1)).against is None


def test_a_plan_says_what_runs_what_is_kept_and_why(bench: Bench) -> None:
    bench.build(LAB.replace("[1, 2, 3]", "[1, 2, 4]"))
    bench.run(keep_going=True)
    made, last = bench.job("make", n=1), of_value(bench, "read", 4)
    Path(bench.lab.out(made), "x").unlink()
    bench.build(LAB.replace("[1, 2, 3]", "[1, 2, 4, 5]"))
    asked = bench.asked()
    found = {one.job: one for one in planned(asked.about.plan, asked.selection, asked.standing)}
    assert found[made.id].reason == "outputs"
    assert found[made.id].why.endswith("x is not there any more")
    assert (found[last].reason, found[last].after) == ("failed", 0)
    assert found[of_value(bench, "read", 5)].reason == "no record"
    assert found[of_value(bench, "read", 5)].after == 1
    assert found[of_value(bench, "make", 2)].reason == "finished"
    assert {id for id, one in found.items() if one.runs} == set(asked.standing.todo)
    forced = bench.asked("r", force=True)
    told = planned(forced.about.plan, forced.selection, forced.standing, forced.selection.asked)
    assert {one.reason for one in told} == {"forced"}


def test_two_labs_are_compared_job_by_job(bench: Bench) -> None:
    old = bench.lab.root
    bench.build(LAB.replace('cat "{inputs.x}" >', 'tac "{inputs.x}" >').replace("[1, 2, 3]", "[2, 3, 8, 9]"))
    found = diff_labs(read_lab(old), bench.lab)
    assert found.same == 2
    assert sorted((one.stage, one.params["n"]) for one in found.added) == [
        (s, n) for s in ("make", "read") for n in (8, 9)
    ]
    assert len(found.removed) == 2
    assert [one.stage for one in found.changed] == ["read", "read"]
    assert {cause.ingredient for one in found.changed for _, cause in one.causes()} == {"script"}
    same = diff_labs(bench.lab, bench.lab)
    assert (same.same, same.added, same.removed, same.changed) == (8, (), (), ())
