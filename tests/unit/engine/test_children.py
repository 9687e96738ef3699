"""A stage that is a whole run of its own: started with its parent's commit, ended with its parent's stage."""

import msgspec
import pytest

from stageline.engine.handlers.start_child import MAX_DEPTH
from stageline.engine.messages import CancelWorkflow, Effect, FinishChild, StartChild, Tell
from stageline.model.failure import Cause
from stageline.model.record import Parent, Waiting
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.status import Status
from stageline.model.workflow import Workflow, to_plain
from tests.unit.engine.play import Play, stage

S = Status
CHILD = Workflow.create("child", [stage("x"), stage("y", "x")])


def parent(**fields: object) -> Play:
    return Play(stage("nest", **fields), stage("after", "nest")).start()


def told(effects: list[Effect]) -> FinishChild:
    """What the end of a child tells its parent."""
    [tell] = effects
    assert isinstance(tell, Tell)
    assert tell.run == "run"
    assert isinstance(tell.message, FinishChild)
    return tell.message


def child_of(play: Play) -> Play:
    return Play(workflow=play.children[-1]).start()


def test_a_stage_starts_a_run_and_waits_for_it() -> None:
    play = parent()
    [effect] = play.answer("nest", TaskResult.run_workflow(CHILD))
    assert isinstance(effect, StartChild)
    child = effect.workflow
    assert child.parent == Parent("run", 0, 1, 1)
    assert [stage.ref_id for stage in child.stages] == ["x", "y"]
    assert (play.status("nest"), play.node("nest").record.waiting) == (S.RUNNING, Waiting.CHILD)


@pytest.mark.parametrize("plain", [False, True])
def test_the_childs_id_is_computed_so_that_it_is_started_once(plain: bool) -> None:
    given = to_plain(CHILD) if plain else CHILD
    ids = set()
    for _ in range(2):
        play = parent()
        play.answer("nest", TaskResult.run_workflow(given))  # type: ignore[arg-type]
        ids.add(play.children[0].id)
    assert len(ids) == 1
    assert ids != {CHILD.id}


def test_the_end_of_the_child_ends_the_stage_with_its_stages_outputs() -> None:
    play = parent()
    play.answer("nest", TaskResult.run_workflow(CHILD))
    child = child_of(play)
    child.succeed("x", n=1)
    play.say(told(child.succeed("y", n=2)))
    assert play.status("nest") is S.SUCCEEDED
    assert play.node("nest").record.outputs == {
        "run": child.run.id,
        "status": "SUCCEEDED",
        "stages": {
            "x": {"status": "SUCCEEDED", "outputs": {"n": 1}},
            "y": {"status": "SUCCEEDED", "outputs": {"n": 2}},
        },
    }
    assert play.executing == ["after"]


def test_a_failed_child_fails_the_stage_with_its_reason() -> None:
    play = parent()
    play.answer("nest", TaskResult.run_workflow(CHILD))
    child = child_of(play)
    play.say(told(child.fail("x")))
    failure = play.node("nest").record.failure
    assert failure is not None
    assert failure.cause is Cause.CHILD
    assert str(failure) == f"child run {child.run.id} ended FAILED: stage 'x' failed: broken"
    assert play.node("nest").record.outputs["stages"]["x"]["status"] == "FAILED"


def test_a_failed_child_may_be_tried_again_as_another_run() -> None:
    play = parent(retry=Retry(1, delay=0, on=("child",)))
    play.answer("nest", TaskResult.run_workflow(CHILD))
    play.say(told(child_of(play).fail("x")))
    play.ring("nest")
    play.answer("nest", TaskResult.run_workflow(CHILD))
    assert len({child.id for child in play.children}) == 2


def test_a_child_that_took_too_long_is_cancelled_and_may_be_tried_again_as_another_run() -> None:
    play = parent(timeout=10.0, retry=Retry(1, delay=5, on=("timeout",)))
    play.answer("nest", TaskResult.run_workflow(CHILD))
    play.wait(10)
    [cancel] = play.ring("nest")
    assert isinstance(cancel, Tell)
    play.say(FinishChild(0, 1, play.children[0].id, S.CANCELED))
    assert (play.status("nest"), play.node("nest").record.waiting) == (S.RUNNING, Waiting.RETRY)
    play.wait(5)
    play.ring("nest")
    play.answer("nest", TaskResult.run_workflow(CHILD))
    assert play.children[0].id != play.children[1].id


def test_a_cancelled_parent_cancels_its_child_and_ends_when_that_has() -> None:
    play = parent()
    play.answer("nest", TaskResult.run_workflow(CHILD))
    child = child_of(play)
    [tell] = play.say(CancelWorkflow("enough"))
    assert tell == Tell(child.run.id, CancelWorkflow("enough"))
    assert play.ended() is None
    child.say(CancelWorkflow("enough"))
    play.say(told(child.answer("x", TaskResult.canceled("enough"))))
    assert play.status("nest") is S.CANCELED
    assert play.ended() is S.CANCELED


def test_a_child_that_ends_twice_is_heard_once() -> None:
    play = parent()
    play.answer("nest", TaskResult.run_workflow(CHILD))
    child = child_of(play)
    child.succeed("x")
    answer = told(child.succeed("y"))
    play.say(answer)
    assert play.say(answer) == []
    assert play.executed == ["nest", "after"]


def test_the_child_of_an_earlier_execution_is_not_heard() -> None:
    play = parent()
    play.answer("nest", TaskResult.run_workflow(CHILD))
    child = child_of(play)
    child.succeed("x")
    answer = told(child.succeed("y"))
    assert play.say(msgspec.structs.replace(answer, execution=answer.execution + 1)) == []
    assert play.status("nest") is S.RUNNING


def test_runs_are_nested_so_deep_and_no_deeper() -> None:
    deepest = msgspec.structs.replace(CHILD, parent=Parent("p", 0, 1, MAX_DEPTH))
    play = Play(workflow=deepest).start()
    play.answer("x", TaskResult.run_workflow(CHILD))
    assert play.children == []
    assert f"nested {MAX_DEPTH} deep at most" in str(play.node("x").record.failure)
    allowed = Play(workflow=msgspec.structs.replace(CHILD, parent=Parent("p", 0, 1, MAX_DEPTH - 1))).start()
    allowed.answer("x", TaskResult.run_workflow(CHILD))
    assert len(allowed.children) == 1


@pytest.mark.parametrize("given", ["nonsense", {}, {"name": "w", "stages": []}, 7])
def test_what_is_no_workflow_fails_the_stage_for_good(given: object) -> None:
    play = parent(retry=5)
    play.answer("nest", TaskResult.run_workflow(given))  # type: ignore[arg-type]
    failure = play.node("nest").record.failure
    assert failure is not None
    assert (play.status("nest"), failure.permanent) == (S.FAILED, True)
    assert play.children == []
