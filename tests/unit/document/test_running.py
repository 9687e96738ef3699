"""A definition becomes a run that carries all it needs: parameters, places, what it triggers, what it keeps."""

import pytest

from stageline.document.partial import Part
from stageline.document.running import RunOptions, make_run
from stageline.errors import DocumentError, UnknownName
from stageline.model.workflow import Workflow
from tests.unit.document.reading import document, workflow

FLOW = """name: nightly
on-failure: keep-going
timeout: 30
registry: mine
env: {LEVEL: "${{ params.n }}"}
params: {n: 1, day: {type: date, default: 2024-02-29}}
stages:
  - name: load ${{ params.n }}
    id: load
    bash: echo ${{ secrets.TOKEN }}
    retry: 2
  - name: use
    id: use
    echo: ${{ stages.load.outputs.stdout }}
  - name: end
    echo: end
    timeout: 5
"""


def test_a_run_knows_its_names() -> None:
    run = make_run(workflow(FLOW), {"n": "7"})
    assert (run.name, run.on_failure) == ("nightly", "keep-going")
    names = dict(run.names)
    specs = names.pop("param-specs")
    assert specs["n"] == {"type": "int", "default": 1}
    assert names == {
        "workflow": "nightly",
        "file": "flow.yml",
        "folder": "/project",
        "params": {"n": 7, "day": "2024-02-29"},
        "param-types": {"n": "int", "day": "date"},
        "env": {"LEVEL": "${{ params.n }}"},
        "registry": ["mine"],
        "plugins": [],
        "secret-names": ["TOKEN"],
    }


def test_stages_know_their_names_places_and_limits() -> None:
    run = make_run(workflow(FLOW), options=RunOptions(id="r1", timeout=99, retry_delay=1.5))
    assert run.id == "r1"
    assert [(stage.ref_id, stage.name, stage.context["at"]) for stage in run.stages] == [
        ("load", "load 1", "flow.yml:8"),
        ("use", "use", "flow.yml:12"),
        ("end", "end", "flow.yml:15"),
    ]
    assert [stage.timeout for stage in run.stages] == [30, 30, 5]
    assert run.stage("load").retry_rule.delay == 1.5


def test_params_that_are_wrong_make_no_run() -> None:
    with pytest.raises(DocumentError, match="there is no parameter 'm'"):
        make_run(workflow(FLOW), {"m": "7"})


def test_what_is_triggered_comes_along_wherever_it_stands() -> None:
    text = """
main:
  stages:
    - {name: a, trigger: child, params: {n: 1}}
    - {name: l, foreach: [1], stages: [{name: b, trigger: child, params: {n: 2}}]}
child:
  params: {n: int}
  env: {X: 1}
  stages: [{name: c, run: x = 1}]
"""
    definition = document(text).workflow("main")
    run = make_run(definition)
    child = run.stage("a").context["workflow"]
    assert child["name"] == "child"
    assert child["names"]["param-specs"] == {"n": {"type": "int", "required": True}}
    assert child["names"]["env"] == {"X": "1"}
    assert child["stages"][0]["context"]["at"] == "flow.yml:9"
    assert run.stage("l").context["inner"]["stages"][0]["context"]["workflow"] == child
    assert {kind.kind() for kind in definition.kinds()} == {"trigger", "foreach", "python", "kept"}


def _types(run: Workflow) -> dict[str, str]:
    return {stage.ref_id: stage.type for stage in run.stages}


OLD = {"load": {"stdout": "x"}, "use": {"echo": "x"}}


def test_from_a_stage_on_those_before_keep_their_outputs() -> None:
    run = make_run(workflow(FLOW), options=RunOptions(part=Part(first="use", outputs=OLD)))
    assert _types(run) == {"load": "stage.kept", "use": "stage.empty", "end": "stage.empty"}
    assert run.stage("load").context["outputs"] == {"stdout": "x"}
    assert run.stage("use").context["at"] == "flow.yml:12"


def test_only_one_stage_runs() -> None:
    run = make_run(workflow(FLOW), options=RunOptions(part=Part(only=("end",), outputs=OLD)))
    assert _types(run) == {"load": "stage.kept", "use": "stage.kept", "end": "stage.empty"}


def test_outputs_that_are_needed_must_be_there() -> None:
    with pytest.raises(DocumentError, match="stage 'use' asks for what 'load' put out, and no earlier run has that"):
        make_run(workflow(FLOW), options=RunOptions(part=Part(first="use")))
    make_run(workflow(FLOW), options=RunOptions(part=Part(first="end")))


def test_a_stage_to_begin_with_must_be_there() -> None:
    with pytest.raises(UnknownName, match="'nightly' has no stage 'us' in its own list; did you mean 'use'"):
        make_run(workflow(FLOW), options=RunOptions(part=Part(first="us")))
