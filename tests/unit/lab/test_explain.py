"""What makes a job another than its like: the ingredient, as far up as it comes from."""

from collections.abc import Callable
from typing import Any

import msgspec

from stageline.lab import Run, pipeline, scatter_gather, stage
from stageline.lab.explain import Explained, Explainer, Side
from stageline.lab.inherited import Inherited
from stageline.lab.model import Ingredients, Job, LabPlan
from stageline.lab.nearest import Candidate, nearest, pairs
from stageline.lab.node import Node
from stageline.lab.view import View
from tests.unit.lab.labs import jobs, only, plan


def made(
    script: str = "echo {n} > $out/x",
    version: str = "1.0",
    outputs: dict[str, str] | None = None,
    tools: tuple[str, ...] = (),
    n: Any = 1,
) -> LabPlan:
    """A plan of two jobs, one before the other."""

    @stage(version=version, outputs=outputs or {"x": "$out/x"}, params={"n": 0}, run_dependencies=list(tools))
    def first(params: View) -> str:
        return script.format(n=params.n)

    @stage(inputs={"x": ""}, outputs={"y": "$out/y"})
    def second() -> str:
        return "cat > $out/y"

    @pipeline
    def both() -> Node:
        return second(x=first()["x"])

    return plan(Run("r", both, params={"n": n}))


def side(of: LabPlan) -> Side:
    def texts(job: Job, part: str) -> Ingredients:
        return job.parts[part].ingredients

    return Side(of.jobs, texts)


def explained(old: LabPlan, new: LabPlan, stage: str = "first") -> Explained:
    return Explainer(side(old), side(new)).explain(only(old, stage), only(new, stage))


def told(found: Explained) -> list[tuple[str, str, str, str]]:
    return [(one.ingredient, one.name, one.old, one.new) for one in found.differences]


def test_equal_jobs_do_not_differ() -> None:
    found = explained(made(), made())
    assert (found.differences, found.upstream) == ((), ())


def test_each_ingredient_is_told_by_its_name() -> None:
    assert told(explained(made(), made(version="1.1"))) == [("version", "", "1.0", "1.1")]
    assert told(explained(made(), made(tools=("python3",)))) == [("environment", "", "host", "host, tools python3")]
    more = made(outputs={"x": "$out/x", "log": "$out/log"})
    assert told(explained(made(), more)) == [("outputs", "log", "", "$out/log")]


def test_a_script_is_told_as_a_diff() -> None:
    old, new = made("date\necho {n} > $out/x"), made("date\necho a {n} > $out/x")
    (one,) = explained(old, new).differences
    assert (one.ingredient, one.lines[1:]) == ("script", (" date", "-echo 1 > $out/x", "+echo a 1 > $out/x"))


def test_a_value_is_told_with_its_type() -> None:
    found = explained(made("cat > $out/x", n=1), made("cat > $out/x", n="1"))
    assert told(found) == [("params", "n", "1", "'1'")]


def test_a_job_is_explained_by_the_job_that_it_reads() -> None:
    found = explained(made(), made(version="2.0"), "second")
    assert found.differences == ()
    assert [(one.stage, told(one)) for one in found.upstream] == [("first", [("version", "", "1.0", "2.0")])]
    assert [(stage, cause.ingredient) for stage, cause in found.causes()] == [("first", "version")]


def test_another_producer_is_another_wire() -> None:
    @stage(outputs={"x": "$out/x"})
    def other() -> str:
        return "date > $out/x"

    @stage(inputs={"x": ""}, outputs={"y": "$out/y"})
    def second() -> str:
        return "cat > $out/y"

    @pipeline
    def both() -> Node:
        return second(x=other()["x"])

    found = explained(made(), plan(Run("r", both)), "second")
    assert [one[:2] for one in told(found)] == [("inputs", "x")]
    assert found.upstream == ()


def scattered(count: str = "echo", gather: str = "cat") -> LabPlan:
    @stage(outputs={"work__items": "$out/items", "worker__arg": {"n": 0}})
    def cut() -> str:
        return f"{count} > $out/items"

    @stage(inputs={"worker__item": ""}, outputs={"y": "$out/y"})
    def work() -> str:
        return "cat > $out/y"

    @stage(inputs={"worker__outs": "[]"}, outputs={"z": "$out/z"})
    def join() -> str:
        return f"{gather} > $out/z"

    return plan(Run("r", scatter_gather("all", scatter=cut, worker=work, gather=join)))


def test_a_scatter_gather_is_told_by_the_part_that_differs() -> None:
    found = explained(scattered(), scattered(gather="tac"), "all")
    assert [(one.part, one.ingredient) for one in found.differences] == [("gather", "script")]
    found = explained(scattered(), scattered(count="printf"), "all")
    assert [(one.part, one.ingredient) for one in found.differences] == [("scatter", "script")]


def candidates(of: LabPlan, ended: Callable[[Job], int] = lambda job: 0) -> list[Candidate]:
    inherited = Inherited(of.jobs)
    return [Candidate(job, inherited.of(job.id), ended(job)) for job in of.jobs.values()]


def test_the_nearest_job_has_the_most_parameters_in_common() -> None:
    old = made(n=[1, 2, 3])
    (wanted,) = [one for one in candidates(made(version="2", n=2)) if one.job.stage == "second"]
    found = nearest(wanted, [one for one in candidates(old) if one.job.stage == "second"])
    assert found is not None
    assert found.params["n"] == 2


def test_of_jobs_that_are_as_near_the_last_one_is_taken() -> None:
    old = [one for one in candidates(made(n=[1, 2, 3])) if one.job.stage == "first"]
    old = [msgspec.structs.replace(one, ended=at) for at, one in zip((5, 9, 7), old, strict=True)]
    wanted = next(one for one in candidates(made(n=4)) if one.job.stage == "first")
    found = nearest(wanted, old)
    assert found is not None
    assert found.ended == 9
    assert nearest(wanted, []) is None


def test_jobs_of_two_plans_stand_for_each_other_by_their_parameters() -> None:
    old, new = made(n=[1, 2]), made(version="2", n=[2, 1, 3])
    found = {
        (one.params["n"], other.params["n"], one.job.stage) for one, other in pairs(candidates(old), candidates(new))
    }
    assert found == {(n, n, stage) for n in (1, 2) for stage in ("first", "second")}


def test_the_only_jobs_that_are_left_of_a_stage_stand_for_each_other() -> None:
    found = pairs(candidates(made(n=1)), candidates(made(n=5)))
    assert [(one.params["n"], other.params["n"]) for one, other in found] == [(1, 5), (1, 5)]
    assert len(jobs(made(n=[1, 2]), "first")) == 2
    assert pairs(candidates(made(n=[1, 2])), candidates(made(n=[3, 4]))) == []
