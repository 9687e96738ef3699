"""A file holds one workflow or several, short or long, with parameters that have types."""

import pytest

from stageline.errors import DocumentError, UnknownName
from stageline.model.params import Param
from stageline.stages.group import GroupStage
from stageline.stages.matrix import MatrixStage
from tests.unit.document.reading import document, mistake, mistakes, workflow

ONE = "stages: [{name: a, echo: a}]"


def test_a_list_of_stages_is_a_workflow_called_as_its_file() -> None:
    assert workflow(ONE).name == "flow"
    assert workflow(f"name: nightly\n{ONE}").name == "nightly"


def test_a_mapping_of_names_is_several_workflows() -> None:
    found = document(f"a: {{{ONE}}}\nb: {{{ONE}}}\n")
    assert list(found.workflows) == ["a", "b"]
    assert found.workflow("b").name == "b"
    with pytest.raises(DocumentError, match="holds 'a' and 'b': say which"):
        found.only()
    with pytest.raises(UnknownName, match="no workflow 'c'"):
        found.workflow("c")


def test_documents_of_a_file_are_several_workflows() -> None:
    assert list(document(f"name: a\n{ONE}\n---\nname: b\n{ONE}\n").workflows) == ["a", "b"]
    assert "needs a name" in mistakes(f"name: a\n{ONE}\n---\n{ONE}\n")[0]
    assert "the workflow 'a' stands twice" in mistake(f"name: a\n{ONE}\n---\nname: a\n{ONE}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: there is nothing in this file; write 'stages:' and a list of stages below it"),
        ("# nothing", "1:1: there is nothing in this file; write 'stages:' and a list of stages below it"),
        ("hello", '1:1: expected a map, found the text "hello"'),
        ("name: a", "1:1: this says nothing of what is to be done; write 'stages:'"),
        ("stage: []", "1:1: stage: unknown key 'stage'; did you mean 'stages'?"),
        (f"jobs: {{}}\n{ONE}", "1:1: jobs: a workflow has stages or jobs, and not both"),
        (f"on-failure: stop\n{ONE}", "1:13: on-failure: expected 'fail-fast' or 'keep-going', found the text \"stop\""),
        (f"timeout: 0\n{ONE}", "1:10: timeout: expected a number of seconds above 0, found the number 0"),
        (f"plugins: 'a b'\n{ONE}", "1:10: plugins: expected the name of a module, such as package.module"),
        (f"env: {{A: [1]}}\n{ONE}", "1:10: env.A: expected a text, found a list"),
        (f"env: {{A: '${{{{ stages.x }}}}'}}\n{ONE}", "1:15: env.A: unknown name 'stages'"),
        (f"schedule: daily\n{ONE}", "1:1: schedule: unknown key 'schedule'"),
    ],
)
def test_what_stands_beside_the_stages_is_checked(text: str, said: str) -> None:
    assert mistakes(text)[0].startswith(said)


def test_plugins_are_imported_by_whoever_may() -> None:
    assert mistake(f"plugins: [mine]\n{ONE}") == "1:10: plugins: module 'mine' is not imported here"


PARAMS = """
params:
  a: str
  b: 5
  c: {type: date, default: 2024-02-29, desc: the day}
  d: {type: choice, options: [dev, prod]}
  e: {options: [1, 2], default: 2}
  f: [x, y]
  g: {type: map, default: {k: 1}}
  h: {type: str, required: false}
  i: "str"
  j: true
  k:
  l: {type: str, default: 3.10}
  m: 1.5
  n: decimal
"""


def test_params_have_types_defaults_and_options() -> None:
    assert dict(workflow(PARAMS + ONE).params) == {
        "a": Param("str", required=True),
        "b": Param("int", 5),
        "c": Param("date", "2024-02-29", desc="the day"),
        "d": Param("choice", required=True, options=("dev", "prod")),
        "e": Param("choice", 2, options=(1, 2)),
        "f": Param("list", ["x", "y"]),
        "g": Param("map", {"k": 1}),
        "h": Param("str"),
        "i": Param("str", "str"),
        "j": Param("bool", True),
        "k": Param("str", required=True),
        "l": Param("str", "3.10"),
        "m": Param("float", 1.5),
        "n": Param("decimal", required=True),
    }


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{type: it}", "1:20: params.x.type: expected 'str', 'int'"),
        ("string", "1:13: params.x: 'string' is no type; write str"),
        ("{type: integer}", "1:20: params.x.type: 'integer' is no type; write int"),
        ("{type: choice}", "1:20: params.x.type: a choice needs its options"),
        ("{type: int, options: [1]}", "1:20: params.x.type: only a choice has options, and this is int"),
        ("{type: int, default: x}", '1:34: params.x.default: the default is a whole number, not the text "x"'),
        ("{type: date, default: 2023-02-29}", "1:35: params.x.default: the default is a date, such as 2024-12-31"),
        ("{typ: int}", "1:13: params.x: no key here says what the parameter is"),
        ("{type: int, defualt: 1}", "1:25: params.x.defualt: unknown key 'defualt'; did you mean 'default'?"),
        ("{default: 1, required: true}", "1:36: params.x.required: a parameter with a default is never missing"),
    ],
)
def test_params_that_are_wrong_are_told(written: str, said: str) -> None:
    told = mistakes(f"params: {{x: {written}}}\n{ONE}")
    assert any(one.startswith(said) for one in told), told


def test_the_name_of_a_param_can_stand_in_an_expression() -> None:
    assert mistake(f"params: {{a-b: 1}}\n{ONE}").startswith("1:10: params.a-b: the name 'a-b' cannot stand in")


JOBS = """
jobs:
  build:
    stages: [{name: a, echo: a}]
  test:
    needs: build
    if: true
    runs-on: local
    env: {LEVEL: 1}
    strategy:
      matrix: {os: [a, b], include: [{os: c}], exclude: [{os: a}]}
      fail-fast: false
      max-parallel: 2
    stages: [{name: a, echo: "${{ matrix.os }} ${{ jobs.build.stages }}"}]
  lint:
    desc: beside the others
    stages: [{name: a, echo: a}]
"""


def test_jobs_are_groups_side_by_side() -> None:
    build, test, lint = workflow(JOBS).stages
    assert isinstance(build, GroupStage)
    assert (build.id, build.name, build.needs) == ("build", "build", [])
    assert (lint.needs, lint.desc) == ([], "beside the others")
    assert isinstance(test, MatrixStage)
    assert (test.needs, test.fail_fast, test.max_parallel, test.env) == (["build"], False, 2, {"LEVEL": 1})
    assert list(test.all) == [{"os": "b"}, {"os": "c"}]


def test_the_values_of_a_matrix_are_known() -> None:
    told = mistake(JOBS.replace("matrix.os }", "matrix.so }"))
    assert told == "14:35: jobs.test.stages[0].echo: 'matrix' has no 'so'; it has 'os'"


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("{stage: []}", "1:12: jobs.a.stage: unknown key 'stage'; did you mean 'stages'?"),
        ("{}", "1:11: jobs.a: the key 'stages' is missing"),
        ("{needs: b, STAGES}", "1:19: jobs.a.needs: needs 'b', which is no stage here"),
        ("{strategy: {matrx: {x: [1]}}, STAGES}", "1:23: jobs.a.strategy.matrx: unknown key 'matrx'"),
        ("{strategy: {matrix: {x: 1}}, STAGES}", "1:35: jobs.a.strategy.matrix.x: expected a list, found the number 1"),
        ("{strategy: {matrix: {x: []}}, STAGES}", "1:35: jobs.a.strategy.matrix.x: expected at least one value"),
        ("{strategy: {matrix: {x: [1]}, max-parallel: 0}, STAGES}", "1:55: jobs.a.strategy.max-parallel: expected a"),
        ("{strategy: {matrix: {x: [1], exclude: [{y: 1}]}}, STAGES}", "1:51: jobs.a.strategy.matrix.exclude[0].y: 'y'"),
        ("{echo: a}", "1:12: jobs.a.echo: unknown key 'echo'"),
    ],
)
def test_jobs_that_are_wrong_are_told(job: str, said: str) -> None:
    told = mistakes(f"jobs: {{a: {job.replace('STAGES', ONE)}}}")
    assert any(one.startswith(said) for one in told), told


def test_a_workflow_triggers_one_of_its_file() -> None:
    found = document(f"a:\n  stages: [{{name: t, trigger: b}}]\nb: {{{ONE}}}\n")
    assert list(found.workflow("a").triggered) == ["b"]


def test_what_is_triggered_must_be_there_and_get_what_it_asks_for() -> None:
    text = """
a:
  stages:
    - {name: t, trigger: bb}
    - {name: u, trigger: b, params: {m: 1, n: x}}
    - {name: v, trigger: b}
    - {name: w, trigger: "${{ params.x }}"}
b:
  params: {n: int}
  stages: [{name: s, echo: a}]
"""
    assert mistakes(text) == [
        "4:26: a.stages[0].trigger: there is no workflow 'bb' in this file or its folder; did you mean 'b'?",
        "5:38: a.stages[1].params.m: 'b' has no parameter 'm'; it has 'n'",
        "5:47: a.stages[1].params.n: the parameter 'n' of 'b' is a whole number, not the text \"x\"",
        "6:7: a.stages[2]: 'b' needs 'n' as params",
        "7:26: a.stages[3].trigger: which workflow is triggered must be known before the run; write out its name",
    ]


def test_triggers_do_not_come_back() -> None:
    text = "a: {stages: [{name: t, trigger: b}]}\nb: {stages: [{name: t, trigger: a}]}\n"
    assert mistake(text) == "2:33: b.stages[0].trigger: workflows trigger each other without an end: a -> b -> a"


def test_the_name_of_a_workflow_is_one_name_and_no_expression() -> None:
    assert mistakes("name: 'nightly ${{ params.day }}'\nstages: [{name: a, echo: x}]") == [
        "1:7: name: placeholders in the name of a workflow are not filled in; write out what it is"
    ]
    assert mistakes("name: ' '\nstages: [{name: a, echo: x}]") == [
        "1:7: name: the name of a workflow is a text on one line that is not blank"
    ]
