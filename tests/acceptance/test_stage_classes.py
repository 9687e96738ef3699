"""Stages made in Python, as the documentation of YAML stages shows them: classes, fields, bounds, own kinds."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from stageline import tag
from stageline.errors import DocumentError
from stageline.stages import (
    CANCEL,
    FAILED,
    SKIP,
    SUCCESS,
    BaseAsyncStage,
    BaseNestedStage,
    BaseRetryStage,
    BaseStage,
    BashStage,
    CallStage,
    CaseStage,
    DockerStage,
    EmptyStage,
    ForEachStage,
    Match,
    ParallelStage,
    PyStage,
    RaiseStage,
    Result,
    StageCancelError,
    StageError,
    StageSkipError,
    TriggerStage,
    UntilStage,
    VirtualPyStage,
)
from tests.acceptance.yaml_project import YamlProject

ABOVE = {
    BaseAsyncStage: BaseStage,
    DockerStage: BaseStage,
    BaseRetryStage: BaseAsyncStage,
    EmptyStage: BaseAsyncStage,
    RaiseStage: BaseAsyncStage,
    BashStage: BaseRetryStage,
    PyStage: BaseRetryStage,
    CallStage: BaseRetryStage,
    BaseNestedStage: BaseRetryStage,
    VirtualPyStage: PyStage,
    TriggerStage: BaseNestedStage,
    ParallelStage: BaseNestedStage,
    ForEachStage: BaseNestedStage,
    UntilStage: BaseNestedStage,
    CaseStage: BaseNestedStage,
}
INNER: list[Any] = [EmptyStage(name="in", echo="in")]
LEAVES: list[Any] = [
    EmptyStage(name="x"),
    BashStage(name="x", bash="true"),
    PyStage(name="x", run="a = 1"),
    VirtualPyStage(name="x", run="a = 1", deps=[]),
    CallStage(name="x", uses="a/b@c"),
    RaiseStage(name="x", message="no"),
    DockerStage(name="x", image="busybox"),
]
HOLDERS: list[Any] = [
    TriggerStage(name="x", trigger="other"),
    ParallelStage(name="x", parallel={"a": INNER}),
    ForEachStage(name="x", foreach=[1], stages=INNER),
    CaseStage(name="x", case="1", match=[Match("1", INNER)]),
    UntilStage(name="x", until="${{ true }}", stages=INNER),
]


@pytest.mark.parametrize(("kind", "above"), ABOVE.items())
def test_what_each_kind_is_a_kind_of(kind: type, above: type) -> None:
    assert issubclass(kind, above)


@pytest.mark.parametrize("stage", [*LEAVES, *HOLDERS], ids=lambda stage: type(stage).__name__)
def test_the_fields_that_all_have(stage: BaseStage) -> None:
    assert (stage.id, stage.name, stage.desc, stage.condition, stage.extras) == (None, "x", None, None, {})
    assert stage.is_nested == (stage in HOLDERS)
    assert callable(stage.execute)
    assert callable(stage.process)
    assert not stage.is_skipped({})


@pytest.mark.parametrize("stage", [LEAVES[1], LEAVES[2], LEAVES[3], LEAVES[4], *HOLDERS])
def test_what_may_be_tried_again_is_not_unless_it_says_so(stage: BaseRetryStage) -> None:
    assert stage.retry == 0


def test_the_defaults_of_each_kind() -> None:
    empty, bash, python, virtual, call, _, docker = LEAVES
    trigger, parallel, each, case, until = HOLDERS
    assert (empty.echo, empty.sleep) == (None, 0)
    assert (bash.env, python.vars, call.args, trigger.params) == ({}, {}, {}, {})
    assert (virtual.version, virtual.vars) == ("3.9", {})
    assert (docker.tag, docker.env, docker.volume, docker.auth) == ("latest", {}, {}, {})
    assert (parallel.max_workers, each.concurrent, each.use_index_as_key) == (2, 1, False)
    assert (case.skip_not_match, until.item, until.max_loop) == (False, 0, 10)


def made(kind: Any, **fields: Any) -> Any:
    """A stage of a kind."""
    return kind(name="x", **fields)


BOUNDS: list[tuple[type[BaseStage], dict[str, Any], str, Any, Any]] = [
    (EmptyStage, {}, "sleep", 0, 1800),
    (ParallelStage, {"parallel": {"a": INNER}}, "max_workers", 1, 20),
    (ForEachStage, {"foreach": [1], "stages": INNER}, "concurrent", 1, 10),
    (UntilStage, {"until": "${{ true }}", "stages": INNER}, "max_loop", 1, 100),
]


@pytest.mark.parametrize(("kind", "fields", "name", "lowest", "highest"), BOUNDS)
def test_bounds_are_inclusive(
    kind: type[BaseStage], fields: dict[str, Any], name: str, lowest: int, highest: int
) -> None:
    for within in (lowest, highest):
        assert getattr(made(kind, **fields, **{name: within}), name) == within
    for outside in (lowest - 1, highest + 1):
        with pytest.raises(DocumentError, match=name.replace("_", "-")):
            made(kind, **fields, **{name: outside})


IN_YAML = {
    "sleep": "echo: x, sleep: {}",
    "max-workers": "parallel: {{a: [{{name: y, echo: y}}]}}, max-workers: {}",
    "concurrent": "foreach: [1], stages: [{{name: y, echo: y}}], concurrent: {}",
    "max-loop": "until: '${{{{ true }}}}', stages: [{{name: y, echo: y}}], max-loop: {}",
}


@pytest.mark.parametrize(
    ("key", "wrong"), [("sleep", 1801), ("sleep", -1), ("max-workers", 21), ("concurrent", 0), ("max-loop", 101)]
)
def test_what_is_out_of_bounds_in_a_file_is_told_with_its_place(key: str, wrong: int, tmp_path: Path) -> None:
    project = YamlProject(tmp_path)
    project.write("flow.yml", f"stages:\n  - {{name: x, {IN_YAML[key].format(wrong)}}}\n")
    said = project.call("check", "flow.yml")
    assert said.code == 2
    assert said.err.startswith("flow.yml:2:")
    assert key in said.err
    assert str(wrong) in said.err


def test_fields_may_be_given_by_the_names_that_files_use() -> None:
    failed = made(RaiseStage, **{"raise": "broken", "if": "${{ true }}"}).execute({})
    assert failed.failure is not None
    assert failed.failure.message == "broken"
    assert made(ParallelStage, parallel={"a": INNER}, **{"max-workers": 7}).max_workers == 7


def test_a_field_that_is_none_is_named_with_what_was_meant() -> None:
    with pytest.raises(TypeError, match=r"^EmptyStage has no field 'ech'; did you mean 'echo'\?$"):
        made(EmptyStage, ech="hello")


def test_three_stages_in_python() -> None:
    """The quick start."""
    first = EmptyStage(name="Hello", echo="It begins")
    second = BashStage(name="Look", bash="echo 'Looking...' && ls -d /")
    third = PyStage(
        name="Count",
        run="\nimport csv\nrows = list(csv.reader(text.splitlines()))\nresult = len(rows)\nprint(f'{result} rows')\n",
        vars={"text": "a,b\n1,2\n"},
    )
    assert first.execute({}).outputs == {"echo": "It begins"}
    assert second.execute({}).outputs == {"return_code": 0, "stdout": "Looking...\n/\n", "stderr": ""}
    assert third.execute({}).outputs == {"rows": [["a", "b"], ["1", "2"]], "result": 2}


class Doubled(BaseStage):
    """A kind of one's own."""

    def process(self, params: Any, run_id: str, context: Any, **kwargs: Any) -> Result:
        """Double a number, in its own words."""
        return Result(status=SUCCESS, context=context, run_id=run_id, updated={"doubled": self.double(params)})

    def double(self, params: dict[str, Any]) -> int:
        """What it is for."""
        return 2 * int(params["number"])


def test_a_kind_of_ones_own() -> None:
    result = Doubled(name="x").execute({"number": 21}, run_id="r-1", context={"before": 1})
    assert (result.status, result.outputs, result.run_id) == (SUCCESS, {"doubled": 42}, "r-1")
    assert result.context["before"] == 1


def test_a_kind_of_ones_own_in_a_file(tmp_path: Path) -> None:
    project = YamlProject(tmp_path)
    project.write(
        "kinds.py",
        "from stageline.stages import BaseStage, Result, SUCCESS\n\n\n"
        "class LoudStage(BaseStage):\n    body = 'loud'\n    loud: str\n\n"
        "    def process(self, params, run_id, context, **kwargs):\n"
        "        return Result(status=SUCCESS, context=context, run_id=run_id, updated={'text': self.loud.upper()})\n",
    )
    text = "plugins: [kinds]\nstages:\n  - name: Say\n    loud: hello ${{ params.name }}\n"
    assert project.outputs(text, name="you") == {"text": "HELLO YOU"}


@tag("tasks", alias="sum_up")
def sum_of(numbers: list[int]) -> dict[str, int]:
    """Sum numbers up."""
    return {"sum": sum(numbers)}


def test_a_tagged_function_is_still_a_function() -> None:
    assert sum_of([1, 2]) == {"sum": 3}


class Says(BaseStage):
    """Ends as it is told."""

    how: str

    def process(self, params: Any, run_id: str, context: Any, **kwargs: Any) -> dict[str, str]:
        match self.how:
            case "fail":
                raise StageError("it went wrong")
            case "skip":
                raise StageSkipError("nothing to do")
            case "cancel":
                raise StageCancelError("no more")
            case _:
                return {"how": self.how}


@pytest.mark.parametrize(
    ("how", "status", "outputs"),
    [("well", SUCCESS, {"how": "well"}), ("fail", FAILED, {}), ("skip", SKIP, {}), ("cancel", CANCEL, {})],
)
def test_how_a_stage_ends(how: str, status: object, outputs: dict[str, str]) -> None:
    """The ways through the diagram of an execution: each ends in a Result, none in an exception."""
    result = Says(name="x", how=how).execute({})
    assert (result.status, result.outputs) == (status, outputs)


def test_a_condition_skips_before_anything_is_done() -> None:
    stage = Says(name="x", how="fail", condition="${{ params.on }}")
    assert stage.is_skipped({"on": False})
    assert stage.execute({"on": False}).status is SKIP
    assert not stage.is_skipped({"on": True})


def test_an_event_cancels() -> None:
    event = threading.Event()
    threading.Timer(0.2, event.set).start()
    result = BashStage(name="x", bash="sleep 60").execute({}, event=event)
    assert result.status is CANCEL


def test_a_stage_is_awaited() -> None:
    async def both() -> list[Result]:
        stage = BashStage(name="x", bash="sleep 0.3")
        return list(await asyncio.gather(stage.axecute({}), stage.axecute({})))

    assert [result.status for result in asyncio.run(both())] == [SUCCESS, SUCCESS]


ENVIRONMENT = """
stages:
  - name: First One
    echo: one
  - name: Second
    echo: "${{ stages['first-one'].outputs.echo }}"
"""


def test_the_variable_that_lets_stages_without_an_id_be_named(tmp_path: Path) -> None:
    project = YamlProject(tmp_path)
    project.write("flow.yml", ENVIRONMENT)
    without = project.call("run", "flow.yml")
    assert without.code == 2
    assert "id: first-one" in without.err
    with_it = project.call("run", "flow.yml", "--json", env={"WORKFLOW_CORE_STAGE_DEFAULT_ID": "true"})
    assert with_it.json["stages"][1]["outputs"] == {"echo": "one"}


@pytest.mark.parametrize("name", ["WORKFLOW_CORE_STAGE_TIMEOUT", "STAGELINE_STAGE_TIMEOUT"])
def test_the_variable_that_limits_the_time_of_stages(name: str, tmp_path: Path) -> None:
    project = YamlProject(tmp_path)
    project.write("flow.yml", "stages: [{name: Long, bash: sleep 60}]")
    said = project.call("run", "flow.yml", env={name: "0.3"})
    assert said.code == 1
    assert "timed out after 0.3" in said.err


@pytest.mark.parametrize("name", ["WORKFLOW_CORE_STAGE_RETRY_DELAY", "STAGELINE_STAGE_RETRY_DELAY"])
def test_the_variable_that_says_how_long_to_wait_before_another_attempt(name: str, tmp_path: Path) -> None:
    project = YamlProject(tmp_path)
    project.write("flow.yml", "stages: [{name: Bad, bash: 'exit 1', retry: 1}]")
    said = project.call("run", "flow.yml", env={name: "0.1"})
    assert said.code == 1
    assert "tried again in 0.1s" in said.out


def test_without_these_variables_an_hour_and_five_seconds(tmp_path: Path) -> None:
    settings = YamlProject(tmp_path).call("config", "--json").json
    assert [settings[f"stage.{name}"]["value"] for name in ("default-id", "timeout", "retry-delay")] == [False, 3600, 5]
