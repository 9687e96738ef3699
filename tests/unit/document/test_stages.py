"""A stage is told by its one body key, and each of its fields is read as the kind declares it."""

import pytest

from stageline.model.retry import Retry
from stageline.runtimes.sandbox import Runtime
from stageline.stages.approval import ApprovalStage
from stageline.stages.bash import BashStage
from stageline.stages.call import CallStage
from stageline.stages.case import CaseStage
from stageline.stages.docker import DockerStage
from stageline.stages.empty import EmptyStage
from stageline.stages.foreach import ForEachStage
from stageline.stages.group import GroupStage
from stageline.stages.isolation import Isolation
from stageline.stages.parallel import ParallelStage
from stageline.stages.python import PyStage
from stageline.stages.raise_error import RaiseStage
from stageline.stages.try_catch import TryStage
from stageline.stages.until import UntilStage
from stageline.stages.virtual_python import VirtualPyStage
from tests.unit.document.reading import mistake, mistakes, workflow


def stage(text: str) -> object:
    """The only stage of a list."""
    lines = ["  - name: it", *(f"    {line}" for line in text.strip().splitlines())]
    (only,) = workflow("stages:\n" + "\n".join(lines) + "\n").stages
    return only


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("echo: hello", EmptyStage),
        ("sleep: 3", EmptyStage),
        ("bash: ls", BashStage),
        ("run: x = 1", PyStage),
        ("run: x = 1\ndeps: [a]\nversion: 3.10", VirtualPyStage),
        ("image: alpine", DockerStage),
        ("approval: go on?", ApprovalStage),
        ("uses: tasks/load@latest", CallStage),
        ("raise: no", RaiseStage),
        ("stages: [{name: a, echo: a}]", GroupStage),
        ("foreach: [1]\nstages: [{name: a, echo: a}]", ForEachStage),
        ("until: true\nstages: [{name: a, echo: a}]", UntilStage),
        ("parallel: {a: [{name: a, echo: a}]}", ParallelStage),
        ("case: x\nmatch: [{case: x, stages: [{name: a, echo: a}]}]", CaseStage),
        ("try: [{name: a, echo: a}]\ncatch: [{name: b, echo: b}]", TryStage),
    ],
)
def test_a_kind_is_told_by_its_body(text: str, kind: type) -> None:
    assert type(stage(text)) is kind


def test_dashes_and_underscores_are_the_same() -> None:
    dashed = stage("max-workers: 3\nparallel: {a: [{name: a, echo: a}]}")
    scored = stage("max_workers: 3\nparallel: {a: [{name: a, echo: a}]}")
    assert isinstance(dashed, ParallelStage)
    assert isinstance(scored, ParallelStage)
    assert dashed.max_workers == scored.max_workers == 3


def test_a_field_may_stand_under_its_name_in_python() -> None:
    called = stage("uses: a/b@c\nargs: {x: 1}")
    assert isinstance(called, CallStage)
    assert called.args == {"x": 1}
    assert isinstance(one := stage("condition: false\necho: x"), EmptyStage)
    assert one.condition is False


def test_both_names_of_a_field_are_one_too_many() -> None:
    told = mistake("stages:\n- name: a\n  uses: a/b@c\n  with: {}\n  args: {}\n")
    assert told == "5:3: stages[0].args: 'with' and 'args' are the same; keep one of them"


def test_text_is_taken_as_it_is_written() -> None:
    one = stage("bash: true")
    assert isinstance(one, BashStage)
    assert one.bash == "true"
    assert isinstance(two := stage("echo: 3.10"), EmptyStage)
    assert two.echo == "3.10"


def test_a_placeholder_may_stand_for_any_value() -> None:
    one = stage('echo: x\nsleep: "${{ params.pause }}"')
    assert isinstance(one, EmptyStage)
    assert one.sleep == "${{ params.pause }}"  # type: ignore[comparison-overlap]


def test_a_retry_is_a_number_or_a_table() -> None:
    one = stage("bash: ls\nretry: {attempts: 3, max-delay: 9, on: timeout}")
    assert isinstance(one, BashStage)
    assert one.retry == Retry(3, max_delay=9, on=["timeout"])  # type: ignore[arg-type]
    assert isinstance(two := stage("bash: ls\nretry: 2"), BashStage)
    assert two.retry == 2


def test_a_runtime_is_a_name_or_a_table() -> None:
    one = stage("bash: ls\nruntime: bwrap")
    assert isinstance(one, BashStage)
    assert one.runtime is Runtime.BWRAP
    assert isinstance(two := stage("bash: ls\nruntime: {name: docker, image: alpine}"), BashStage)
    assert two.runtime == Isolation(Runtime.DOCKER, image="alpine")


def test_the_python_of_another_version_is_not_judged() -> None:
    stage("run: 'print 1'\ndeps: [a]\nversion: '2.7'")
    assert "this is not Python" in mistake("stages: [{name: a, run: print 1}]")


def test_one_need_needs_no_list() -> None:
    text = "stages:\n- {name: a, id: a, echo: a}\n- {name: b, needs: a, echo: b}\n"
    assert workflow(text).stages[1].needs == ["a"]


STAGE_MISTAKES = {
    "- name: a\n  eco: x": "3:3: stages[0].eco: unknown key 'eco'; did you mean 'echo'?",
    "- name: a\n  echo: x\n  raise: y": (
        "4:3: stages[0].raise: 'raise' says what this does, and so does 'echo' in line 3; keep one of them"
    ),
    "- echo: x": "2:3: stages[0]: the key 'name' is missing; write 'name: …'",
    "- {nme: a, echo: x}": "2:4: stages[0].nme: unknown key 'nme'; did you mean 'name'?",
    "- {name: ' ', echo: x}": "2:10: stages[0].name: a stage's name is a text that is not blank",
    "- {name: a, id: a/b, echo: x}": (
        "2:17: stages[0].id: a stage's id is printable, has no slash and does not begin with a dot"
    ),
    "- {name: a, sleep: 1801}": "2:20: stages[0].sleep: expected a number from 0 to 1800, found the number 1801",
    "- {name: a, sleep: '3'}": (
        '2:20: stages[0].sleep: expected a number from 0 to 1800, found the text "3"; write 3 without quotes'
    ),
    "- {name: a, echo: a, timeout: 0}": "2:31: stages[0].timeout: expected a number above 0, found the number 0",
    "- {name: a, echo: a, timeout: '${{ params.x }}'}": (
        "2:31: stages[0].timeout: placeholders in 'timeout' are not filled in; write out what it is"
    ),
    "- {name: a, echo: a, on-failure: cont}": (
        "2:34: stages[0].on-failure: expected 'continue' or 'fail', found the text \"cont\"; did you mean 'continue'?"
    ),
    "- {name: a, bash: a, retry: -1}": (
        "2:29: stages[0].retry: expected a whole number of at least 0, found the number -1"
    ),
    "- {name: a, bash: a, runtime: brwap}": (
        "2:31: stages[0].runtime: expected 'native', 'bwrap', 'docker' or 'podman', found the text \"brwap\"; "
        "did you mean 'bwrap'?"
    ),
    "- {name: a, run: x = 1, version: 3.9}": (
        "2:25: stages[0].version: 'version' has no meaning beside 'run'; it belongs to 'deps'; known here: 'cache', "
        "'condition', 'desc', 'env', 'extras', 'id', 'if', 'name', 'needs', 'on-failure', 'retry', 'run' and 4 more"
    ),
    "- {name: a, bash: a, retry: {delay: 1}}": (
        "2:29: stages[0].retry: the key 'attempts' is missing; write 'attempts: …'"
    ),
    "- hello": "2:3: stages[0]: expected a map, found the text \"hello\"; write keys below it: 'key: value'",
    "- {name: a, stages: []}": (
        "2:21: stages[0].stages: expected at least one stage, found a list; write '- name: …' below it"
    ),
    "- {name: a, foreach: [1], concurrent: 11, stages: [{name: b, echo: b}]}": (
        "2:39: stages[0].concurrent: expected a whole number from 1 to 10, found the number 11"
    ),
    "- {name: a, max-loop: 3, stages: [{name: b, echo: b}]}": (
        "2:13: stages[0].max-loop: 'max-loop' has no meaning beside 'stages'; it belongs to 'until'; known here: "
        "'condition', 'desc', 'env', 'extras', 'id', 'if', 'name', 'needs', 'on-failure', 'retry', 'runs-on', "
        "'stages' and 1 more"
    ),
    "- {name: a, max-loop: 3}": (
        "2:13: stages[0].max-loop: 'max-loop' needs 'until' beside it; write 'until', or take it away"
    ),
    "- {name: a, try: [{name: b, echo: b}]}": (
        "2:18: stages[0].try: try without catch and finally does nothing: give it one"
    ),
    "- {name: a, foreach: abc, stages: [{name: b, echo: b}]}": (
        "2:22: stages[0].foreach: foreach is a list, a mapping, or an expression that gives one, and not the text 'abc'"
    ),
    "- {name: a, run: 'x = ='}": "2:23: stages[0].run: this is not Python: invalid syntax",
}


@pytest.mark.parametrize(("text", "told"), STAGE_MISTAKES.items(), ids=list(STAGE_MISTAKES))
def test_a_mistake_is_told_with_its_place_and_remedy(text: str, told: str) -> None:
    assert mistake(f"stages:\n{text}\n") == told


def test_no_body_is_told_with_all_that_there_are() -> None:
    told = mistake("stages: [{name: a}]")
    assert told.startswith("1:10: stages[0]: no key says what this does; write one of ")
    assert "'echo'" in told


def test_all_mistakes_are_told_together_those_inside_too() -> None:
    text = """
stages:
  - name: outer
    foreach: [1, 2]
    concurent: 2
    stages:
      - name: inner
        bash: echo ${{ itm }}
      - name: second
        sleep: -1
"""
    assert mistakes(text) == [
        "5:5: stages[0].concurent: unknown key 'concurent'; did you mean 'concurrent'?",
        "8:24: stages[0].stages[0].bash: unknown name 'itm'; did you mean 'item'?",
        "10:16: stages[0].stages[1].sleep: expected a number from 0 to 1800, found the number -1",
    ]


def test_python_is_checked_at_its_line_and_placeholders_are_no_mistake() -> None:
    text = """
stages:
  - name: a
    run: |
      x = ${{ params.n }} + 1
      def f(:
"""
    assert mistake(text) == "6:13: stages[0].run: this is not Python: invalid syntax"


def test_python_is_a_script_and_no_function() -> None:
    assert mistake("stages: [{name: a, run: return 1}]") == (
        "1:25: stages[0].run: this is not Python: 'return' outside function"
    )
