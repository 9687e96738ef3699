"""Back to an earlier stage: a bounded number of times, with fresh inputs, and only for what depends on it."""

import pytest

from stageline.engine.messages import CompleteTask, Signal, Stop, Tell
from stageline.model.join import Join
from stageline.model.record import TaskRecord
from stageline.model.result import TaskResult
from stageline.model.status import Status
from tests.unit.engine.play import Play, stage, tasks
from tests.unit.engine.test_children import CHILD

S = Status


def loop(max_jumps: int = 10) -> Play:
    """a, then b, then c, which may go back."""
    return Play(stage("a"), stage("b", "a"), stage("c", "b", max_jumps=max_jumps)).start()


def test_a_jump_runs_the_stage_and_all_after_it_again() -> None:
    play = loop()
    play.succeed("a", "b")
    play.answer("c", TaskResult.jump_to("b", {"hint": 1}))
    assert play.statuses == {"a": S.SUCCEEDED, "b": S.RUNNING, "c": S.NOT_STARTED}
    play.succeed("b", "c")
    assert play.ended() is S.SUCCEEDED
    assert play.executed == ["a", "b", "c", "b", "c"]


def test_the_new_round_begins_from_nothing() -> None:
    play = Play(stage("a", tasks=tasks("one", "two"), retry=1), stage("b", "a")).start()
    play.answer("a", TaskResult.success({"old": 1}, {"seen": 1}))
    play.succeed("a")
    play.answer("b", TaskResult.jump_to("a"))
    record = play.node("a").record
    assert (record.outputs, record.context, record.task, record.round) == ({}, {}, 0, 1)
    assert record.tasks == (TaskRecord(S.RUNNING, play.run.now),)


def test_context_is_handed_to_the_stage_that_is_gone_back_to_and_to_no_other() -> None:
    play = loop()
    play.succeed("a", "b")
    play.answer("c", TaskResult.jump_to("a", {"hint": 1}))
    assert [node.record.context for node in play.run.root.nodes] == [{"hint": 1}, {}, {}]


def test_a_stage_may_go_back_to_itself() -> None:
    play = Play(stage("a"), stage("b", "a")).start()
    play.answer("a", TaskResult.jump_to("a"))
    assert play.executing == ["a"]
    assert play.node("a").record.round == 1
    play.succeed("a", "b")
    assert play.ended() is S.SUCCEEDED


def test_jumps_are_bounded() -> None:
    play = loop(max_jumps=2)
    play.succeed("a")
    for _ in range(2):
        play.succeed("b")
        play.answer("c", TaskResult.jump_to("b"))
    play.succeed("b")
    play.answer("c", TaskResult.jump_to("b"))
    assert play.ended() is S.FAILED
    assert "jumped back to 'b' 2 times already, which is its max_jumps" in str(play.run.record.failure)


def test_the_bound_belongs_to_the_stage_that_jumps() -> None:
    play = Play(stage("a"), stage("b", "a", max_jumps=1), stage("c", "b", max_jumps=1)).start()
    play.succeed("a")
    play.answer("b", TaskResult.jump_to("a"))
    play.succeed("a", "b")
    play.answer("c", TaskResult.jump_to("a"))
    play.succeed("a", "b", "c")
    assert play.ended() is S.SUCCEEDED


@pytest.mark.parametrize(
    ("ref", "hint"), [("d", ""), ("nowhere", ""), ("other", ""), ("aa", "; did you mean 'a'?")], ids=str
)
def test_only_what_is_before_can_be_gone_back_to(ref: str, hint: str) -> None:
    play = Play(stage("a"), stage("b", "a"), stage("d", "b"), stage("other")).start()
    play.succeed("a")
    play.answer("b", TaskResult.jump_to(ref))
    failure = play.node("b").record.failure
    assert str(failure) == f"cannot jump to '{ref}': it is neither this stage nor one before it{hint}"
    assert play.status("b") is S.FAILED


def test_siblings_after_the_target_are_stopped_and_run_again_and_others_are_left() -> None:
    play = Play(stage("root"), stage("a", "root"), stage("sibling", "root"), stage("other")).start()
    play.succeed("root")
    effects = play.answer("a", TaskResult.jump_to("root"))
    assert [effect for effect in effects if isinstance(effect, Stop)] == [Stop(2, 1, "the run went back to 'root'")]
    assert play.statuses == {"root": S.RUNNING, "a": S.NOT_STARTED, "sibling": S.NOT_STARTED, "other": S.RUNNING}
    assert play.node("other").record.round == 0


def test_a_late_answer_of_a_sibling_of_the_last_round_is_not_taken_for_one_of_this() -> None:
    play = Play(stage("root"), stage("a", "root"), stage("sibling", "root")).start()
    play.succeed("root")
    play.answer("a", TaskResult.jump_to("root"))
    late = CompleteTask(2, 1, TaskResult.success({"round": 0}))
    play.say(late)
    assert play.status("sibling") is S.NOT_STARTED
    play.succeed("root")
    play.say(late)
    assert play.executing == ["a", "sibling"]


def test_a_child_run_of_the_last_round_is_cancelled() -> None:
    play = Play(stage("root"), stage("a", "root"), stage("nest", "root")).start()
    play.succeed("root")
    play.answer("nest", TaskResult.run_workflow(CHILD))
    effects = play.answer("a", TaskResult.jump_to("root"))
    assert [effect.run for effect in effects if isinstance(effect, Tell)] == [play.children[0].id]


def test_a_join_waits_for_its_branches_again() -> None:
    play = Play(stage("a"), stage("b", "a"), stage("c", "a"), stage("end", "b", "c")).start()
    play.succeed("a", "b", "c")
    play.answer("end", TaskResult.jump_to("b"))
    assert play.executing == ["b"]
    play.succeed("b")
    assert play.executing == ["end"]


def test_a_failed_branch_gets_another_chance() -> None:
    play = Play(stage("a"), stage("b", "a"), stage("c", "a"), stage("end", "b", "c", join=Join.any())).start()
    play.succeed("a")
    play.fail("b")
    play.succeed("c")
    play.answer("end", TaskResult.jump_to("a"))
    play.succeed("a")
    assert play.executing == ["b", "c"]


def test_signals_that_were_kept_outlive_the_round() -> None:
    play = loop()
    play.succeed("a", "b")
    play.say(Signal("c", {"n": 1}))
    play.answer("c", TaskResult.jump_to("b"))
    play.succeed("b")
    play.answer("c", TaskResult.suspend())
    assert play.node("c").record.signal == {"n": 1}


def test_a_stage_that_is_being_stopped_does_not_jump() -> None:
    play = Play(stage("a"), stage("b"), stage("c", "a")).start()
    play.succeed("a")
    play.fail("b")
    play.answer("c", TaskResult.jump_to("a"))
    assert play.status("c") is S.CANCELED
    assert play.ended() is S.FAILED
