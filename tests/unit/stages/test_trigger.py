"""Another workflow as a stage: its parameters, its run, and what is put out of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from stageline.engine.messages import FinishChild
from stageline.model.failure import Failure
from stageline.model.status import Status
from stageline.model.workflow import Workflow, to_plain
from stageline.stages.lower import lower
from stageline.stages.tools import Tools
from stageline.stages.trigger import TriggerStage
from tests.unit.stages.playing import StagePlay, echo, played

S = Status


def child(**names: Any) -> dict[str, Any]:
    """A workflow in its plain form, as who reads files gives it."""
    return to_plain(Workflow.create("other", lower([echo("say", "${{ params.day }}")]), names=names))


def trigger(**fields: Any) -> TriggerStage:
    return TriggerStage(**{"name": "Run it", "id": "t", "trigger": "other", "workflow": child(), **fields})


def finished(play: StagePlay, status: Status, outputs: dict[str, Any], failure: Failure | None = None) -> None:
    node = play.node("t/other/run")
    play.say(FinishChild(node.seq, node.record.execution, "child-1", status, outputs, failure))


def test_the_child_runs_with_its_parameters_over_its_own() -> None:
    play = played(
        trigger(params={"day": "${{ params.day }}"}, workflow=child(params={"day": 1, "n": 2}, env={"A": "b"})),
        names={"params": {"day": "monday"}},
    )
    (run,) = play.children
    assert run.name == "other"
    assert run.names == {"params": {"day": "monday", "n": 2}, "env": {"A": "b"}}
    assert [stage.type for stage in run.stages] == ["stage.empty"]
    assert run.stages[0].context["echo"] == "${{ params.day }}"


def test_who_reads_files_may_say_what_parameters_come_to() -> None:
    def checked(names: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        return {**names, "params": {key: int(value) for key, value in params.items()}}

    play = played(trigger(params={"day": "3"}), tools=Tools(child_names=checked))
    assert play.children[0].names["params"] == {"day": 3}


def test_it_puts_out_its_parameters_its_run_and_its_stages() -> None:
    play = played(trigger(params={"day": 1}))
    stages = {"say": {"status": "SUCCEEDED", "outputs": {"echo": "1"}}}
    finished(play, S.SUCCEEDED, {"run": "child-1", "status": "SUCCEEDED", "stages": stages})
    assert play.ended() is S.SUCCEEDED
    assert play.outputs("t") == {"params": {"day": 1}, "run": "child-1", "status": "SUCCEEDED", "stages": stages}


def test_it_fails_as_its_child_does_and_says_why() -> None:
    play = played(trigger())
    finished(play, S.FAILED, {"run": "child-1"}, Failure("stage 'say' failed: oh"))
    assert play.status("t") is S.FAILED
    assert "child run child-1 ended FAILED: stage 'say' failed: oh" in play.why("t")
    assert play.outputs("t")["run"] == "child-1"


def test_a_workflow_that_is_not_there_is_an_error_that_names_it() -> None:
    play = played(trigger(workflow=None))
    assert play.status("t") is S.FAILED
    assert "there is no workflow 'other' to run" in play.why("t")


def test_placeholders_of_the_child_are_the_childs() -> None:
    assert trigger(params={"a": 1}).is_nested
    (lowered,) = lower([trigger()])
    assert "dynamic" not in lowered.context


@pytest.mark.parametrize("name", ["nightly build/α", "..", "a\nb"])
def test_any_name_will_do(name: str) -> None:
    assert played(trigger(trigger=name)).children[0].name == "other"
