"""What a file says is what happens: jobs, matrices, variables, triggers, and runs of a part of a workflow."""

from collections.abc import Mapping
from typing import Any

from stageline.document.definition import WorkflowDefinition
from stageline.document.load import load_text
from stageline.document.partial import Part
from stageline.document.running import RunOptions, make_run
from stageline.model.workflow import Workflow
from stageline.runner import run
from stageline.stages.registry import stage_tasks
from stageline.stages.tools import Tools
from stageline.store.memory import MemoryStore


def defined(text: str, name: str = "flow") -> WorkflowDefinition:
    return load_text(text, "flow.yml", "/tmp").workflow(name)


def ended(definition: WorkflowDefinition, given: Mapping[str, Any] | None = None, part: Part | None = None) -> Workflow:
    workflow = make_run(definition, given, RunOptions(part=part))
    tools = Tools(secrets={"TOKEN": "hush"})
    return run(workflow, MemoryStore(), stage_tasks(definition.kinds(), tools), timeout=60).raise_for_status()


JOBS = """
params: {systems: [a, b]}
env: {LEVEL: 1, WHO: "${{ params.systems[0] }}"}
jobs:
  plan:
    env: {LEVEL: 2}
    stages:
      - {name: say, id: say, bash: "echo $LEVEL $WHO ${{ env.LEVEL }}"}
  test:
    needs: plan
    strategy:
      matrix:
        system: ${{ params.systems }}
        n: [1, 2]
        exclude: [{system: a, n: 2}]
        include: [{system: c, n: 9}]
    stages:
      - {name: say, echo: "${{ matrix.system }}${{ matrix.n }} after ${{ jobs.plan.stages.say.outputs.return_code }}"}
  alone:
    stages: [{name: say, id: say, bash: "echo $LEVEL"}]
"""


def test_jobs_and_their_matrix_and_their_variables() -> None:
    found = ended(defined(JOBS))
    assert found.stage("plan").outputs["stages"]["say"]["outputs"]["stdout"] == "2 a 2\n"
    assert found.stage("alone").outputs["stages"]["say"]["outputs"]["stdout"] == "1\n"
    said = {key: one["stages"]["say"]["outputs"]["echo"] for key, one in found.stage("test").outputs["matrix"].items()}
    assert said == {"a-1": "a1 after 0", "b-1": "b1 after 0", "b-2": "b2 after 0", "c-9": "c9 after 0"}


def test_the_lists_of_a_matrix_may_be_handed_in() -> None:
    found = ended(defined(JOBS), {"systems": '["z"]'})
    assert list(found.stage("test").outputs["matrix"]) == ["z-1", "z-2", "c-9"]


def test_secrets_may_stand_in_variables() -> None:
    text = "env: {T: '${{ secrets.TOKEN }}'}\nstages: [{name: a, id: a, bash: 'echo ${#T}'}]"
    found = ended(defined(text))
    assert found.stage("a").outputs["stdout"] == "4\n"
    assert found.names["env"] == {"T": "${{ secrets.TOKEN }}"}


TRIGGERS = """
main:
  stages:
    - name: each
      id: each
      foreach: [2024-01-31, 2024-02-29]
      stages:
        - {name: call, id: call, trigger: child, params: {day: "${{ item }}"}}
child:
  params: {day: date, more: {type: int, default: 4}}
  stages: [{name: say, id: say, echo: "${{ params.day.month + params.more }}"}]
"""


def test_workflows_are_triggered_with_parameters_that_are_read_as_they_are_declared() -> None:
    items = ended(defined(TRIGGERS, "main")).stage("each").outputs["foreach"]
    said = [one["stages"]["call"]["outputs"]["stages"]["say"]["outputs"]["echo"] for one in items.values()]
    assert said == ["5", "6"]


PARTS = """
stages:
  - {name: one, id: one, run: "x = 1"}
  - {name: two, id: two, run: "y = ${{ stages.one.outputs.x }} + 1"}
  - {name: three, id: three, run: "z = ${{ stages.two.outputs.y }} + 1"}
"""


def test_a_part_of_a_workflow_goes_on_with_what_was_put_out_before() -> None:
    definition = defined(PARTS)
    outputs = {stage.ref_id: stage.outputs for stage in ended(definition).stages}
    outputs["one"] = {"x": 10}
    part = ended(definition, part=Part(first="two", outputs=outputs))
    assert {stage.ref_id: (str(stage.status), stage.outputs) for stage in part.stages} == {
        "one": ("SKIPPED", {"x": 10}),
        "two": ("SUCCEEDED", {"y": 11}),
        "three": ("SUCCEEDED", {"z": 12}),
    }
    only = ended(definition, part=Part(only=("two",), outputs=outputs))
    assert only.stage("three").outputs == {"z": 3}
