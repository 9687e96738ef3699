"""A list of items is made, each is worked on, and what came of them is gathered: one job of several scripts."""

from typing import Any

import pytest

from stageline.lab import Run, pipeline, scatter_gather, stage
from stageline.lab.model import FromItem, FromJob, FromScatter, FromStep, FromWorkers, Scattered, StageType
from stageline.lab.stage import Stage
from stageline.lab.view import View
from tests.unit.lab.labs import mistakes, only, plan


@stage(
    inputs={"data": ""},
    outputs={
        "work__items": "$out/work_items.json",
        "worker__arg": {"index": 0, "chunk_id": ""},
        "shared": "$out/shared",
    },
)
def split(inputs: View, outputs: View, params: View) -> str:
    return f'jq -n "[range({params.chunks})|{{index: .}}]" < "{inputs.data}" > "{outputs.work__items}"'


@stage(inputs={"worker__item": ""}, outputs={"result": "$out/partial.csv"}, resources={"cpus": 2})
def work(inputs: View, outputs: View) -> str:
    return f'jq -r .index < "{inputs.worker__item}" > "{outputs.result}"'


@stage(inputs={"result": "", "shared": "", "model": ""}, outputs={"score": "$out/score"}, params={"alpha": 0.5})
def score(inputs: View, outputs: View, params: View) -> str:
    return f'score {params.alpha} "{inputs.result}" "{inputs.shared}" "{inputs.model}" > "{outputs.score}"'


@stage(inputs={"worker__outs": "[]"}, outputs={"final": "$out/final.csv"})
def merge(inputs: View, outputs: View) -> str:
    return f'jq -r ".[]" "{inputs.worker__outs}" > "{outputs.final}"'


@stage(outputs={"data": "$out/source.csv", "model": "$out/model"})
def source() -> str:
    return "make > $out/source.csv"


def sweep_of(**attributes: Any) -> Run:
    given = {"params": {"chunks": 10}, "scatter": split, "worker": work, "gather": merge, **attributes}
    group = scatter_gather("parameter-sweep", **{key: value for key, value in given.items() if value is not None})

    @pipeline
    def sweeping() -> None:
        group(source())

    return Run("sweep", sweeping)


STEPPED = {"worker": None, "steps": {"work": work, "score": score}, "deps": {"score": ["work"]}}


def scattered(**attributes: Any) -> Scattered:
    found = only(plan(sweep_of(**attributes)), "parameter-sweep").scattered
    assert found is not None
    return found


def test_it_is_one_job_with_the_outputs_of_the_gather() -> None:
    made = plan(sweep_of())
    job = only(made, "parameter-sweep")
    assert job.type is StageType.SCATTER_GATHER
    assert list(job.parts) == ["scatter", "step-worker", "gather"]
    assert job.outputs == {"final": "$out/final.csv"}
    assert job.needs == (only(made, "source").id,)


def test_a_worker_is_a_lone_step() -> None:
    of = scattered()
    assert (list(of.steps), of.last) == (["worker"], "worker")
    assert of.steps["worker"].ingredients.inputs == {"worker__item": FromItem()}
    assert of.gather.ingredients.inputs == {"worker__outs": FromWorkers()}
    assert of.example == {"index": 0, "chunk_id": ""}
    assert of.scatter.ingredients.outputs == {"work__items": "$out/work_items.json", "shared": "$out/shared"}


def test_steps_have_the_item_each_other_the_scatter_and_what_is_outside() -> None:
    made = plan(sweep_of(**STEPPED))
    of = only(made, "parameter-sweep").scattered
    assert of is not None
    assert of.steps["score"].ingredients.inputs == {
        "result": FromStep("work", of.steps["work"].id, "result"),
        "shared": FromScatter(of.scatter.id, "shared"),
        "model": FromJob(only(made, "source").id, "model"),
    }
    assert of.last == "score"


def test_steps_can_be_wired_by_triples_and_are_put_in_order() -> None:
    of = scattered(worker=None, steps={"score": score, "work": work}, deps={"score": [["work", "result", "result"]]})
    assert list(of.steps) == ["work", "score"]


def test_parameters_of_the_whole_are_seen_by_the_parts_that_use_them() -> None:
    of = scattered(**STEPPED)
    assert list(of.scatter.ingredients.params) == ["chunks"]
    assert list(of.steps["work"].ingredients.params) == []
    assert list(of.steps["score"].ingredients.params) == ["alpha"]


def test_resources_of_the_whole_hold_where_a_part_says_nothing() -> None:
    of = scattered(resources={"cpus": 1, "mem": "1G"})
    assert (of.steps["worker"].resources.cpus, of.steps["worker"].resources.mem) == (2, 1 << 30)
    assert of.gather.resources.cpus == 1


def test_a_change_of_the_scatter_leaves_the_ids_of_the_steps_alone() -> None:
    ten, twenty = scattered(), scattered(params={"chunks": 20})
    assert ten.scatter.id != twenty.scatter.id
    assert ten.steps["worker"].id == twenty.steps["worker"].id
    assert ten.gather.id == twenty.gather.id
    assert (
        only(plan(sweep_of()), "parameter-sweep").id
        != only(plan(sweep_of(params={"chunks": 20})), "parameter-sweep").id
    )


def test_a_parameter_with_a_default_that_nothing_reads_changes_no_id() -> None:
    before, after = plan(sweep_of()), plan(sweep_of(params={"chunks": 10, "new": 1}))
    assert list(before.jobs) == list(after.jobs)


def without(of: Stage, **attributes: Any) -> Stage:
    return Stage(word=of.word, place=of.place, function=lambda: "true", attributes={**of.attributes, **attributes})


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"gather": None}, "parameter-sweep.gather: this part is missing; write @stage(…)"),
        ({"worker": None}, "parameter-sweep.worker: this part is missing; write worker=… or steps={…}"),
        ({"steps": {"a": work}}, "parameter-sweep.steps: there is a worker as well"),
        ({"scater": split}, "parameter-sweep: unknown attribute 'scater'; did you mean 'scatter'?"),
        (
            {"scatter": without(split, outputs={"worker__arg": {}, "x": "$out/x"})},
            "split: as the scatter of 'parameter-sweep' it lacks 'work__items'",
        ),
        (
            {"scatter": without(split, outputs={"work__items": "$out/x"})},
            "split: as the scatter of 'parameter-sweep' it lacks 'worker__arg'",
        ),
        ({"worker": without(work, inputs={})}, "work: as the worker of 'parameter-sweep' it lacks 'worker__item'"),
        ({"gather": without(merge, inputs={})}, "merge: as the gather of 'parameter-sweep' it lacks 'worker__outs'"),
        ({**STEPPED, "deps": {"score": ["wrk"]}}, "parameter-sweep.deps: there is no step 'wrk'; did you mean 'work'?"),
        ({**STEPPED, "deps": {"scor": []}}, "parameter-sweep.deps: there is no step 'scor'; did you mean 'score'?"),
        (
            {**STEPPED, "deps": {"score": ["work"], "work": ["score"]}},
            "parameter-sweep.deps: the steps form a cycle: work -> score -> work",
        ),
        ({**STEPPED, "deps": {}}, "parameter-sweep.steps: several steps come last: work, score"),
        (
            {**STEPPED, "deps": {"score": [["work", "resul", "result"]]}},
            "score: there is no 'resul' of step 'work', or no input 'result'",
        ),
        (
            {"worker": None, "steps": {"a": work, "b": work}, "deps": {"b": ["a"]}},
            "work: the steps 'a' and 'b' have no name in common",
        ),
        ({"scatter": without(split, params={"p": 1}), "worker": without(work, params={"p": 2})}, "parameter-sweep.wor"),
    ],
)
def test_parts_that_cannot_be(attributes: dict[str, Any], told: str) -> None:
    assert any(message.startswith(told) for message in mistakes(sweep_of(**attributes)))
