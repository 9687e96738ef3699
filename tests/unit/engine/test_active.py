"""A run that is owned: messages in, one change and its effects out. Each message is handled to its end."""

from collections.abc import Sequence

from stageline.engine.active import ActiveRun, Room
from stageline.engine.executor import Lane
from stageline.engine.graph import Node
from stageline.engine.handlers import default_handlers
from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    CompleteTask,
    Execute,
    FinishChild,
    FireTimer,
    Message,
    PauseWorkflow,
    RecoverWorkflow,
    Signal,
    StartWorkflow,
    Stop,
)
from stageline.engine.ports import Change, Claim, Delivery, Offer
from stageline.engine.run import Run
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.unit.engine.play import SECOND, stage
from tests.unit.engine.test_children import CHILD

S = Status
TWO = [TaskExecution.create(name, "noop") for name in ("one", "two")]


class Owned:
    """An active run and its processor's part: room, time, commits."""

    def __init__(self, *stages: StageExecution, lane: Lane = Lane.THREAD, workflow: Workflow | None = None) -> None:
        def lane_of(node: Node) -> Lane:
            return lane

        self.active = ActiveRun(workflow or Workflow.create("w", stages, id="run"), Claim("run", 1), lane_of)
        self.now = SECOND
        self._handlers = default_handlers()

    def take(self, *messages: Message, room: int = 9, elsewhere: int = 0) -> None:
        for message in messages:
            if isinstance(message, CompleteTask):
                self.active.answer(message.stage, message.execution, message.result)
            else:
                self.active.messages.append(message)
        self.active.drain(self._handlers, Room([room, room, room], elsewhere), self.now)

    def change(self) -> Change | None:
        return self.active.take_change(self.now, make_offer)

    def effects(self) -> Sequence[object]:
        return self.active.take_effects()

    def status(self, ref: str) -> Status:
        node = self.active.run.find(ref)
        assert node is not None
        return node.record.status


def make_offer(run: Run, execute: Execute) -> Offer:
    return Offer(run.id, execute.stage, execute.execution, "noop", {})


def done(stage: int, execution: int = 1) -> CompleteTask:
    return CompleteTask(stage, execution, TaskResult.success())


def test_all_that_changed_is_in_one_change_with_its_effects() -> None:
    owned = Owned(stage("a"), stage("b", "a"), stage("c", "a"))
    owned.take(StartWorkflow())
    owned.effects()
    owned.change()
    owned.take(done(0))
    change = owned.change()
    assert change is not None
    assert [(number, record.status) for number, record in change.stages] == [
        (0, S.SUCCEEDED),
        (1, S.RUNNING),
        (2, S.RUNNING),
    ]
    assert change.record.events == 2 + 3
    assert owned.effects() == [Execute(1, 1), Execute(2, 1)]


def test_nothing_new_is_nothing_to_write() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow())
    assert owned.change() is not None
    owned.take()
    assert owned.change() is None


def test_a_delivery_is_taken_in_once_and_consumed_once() -> None:
    owned = Owned(stage("a"))
    for _ in range(2):
        owned.active.deliver(Delivery(7, "run", StartWorkflow()))
    owned.take()
    change = owned.change()
    assert change is not None
    assert change.consumed == [7]
    owned.active.deliver(Delivery(7, "run", StartWorkflow()))
    assert owned.change() is None


def test_a_message_that_changes_nothing_is_consumed_all_the_same() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow())
    owned.change()
    owned.active.deliver(Delivery(1, "run", StartWorkflow()))
    owned.take()
    change = owned.change()
    assert change is not None
    assert (change.consumed, change.events) == ([1], [])


def test_stages_start_as_there_is_room() -> None:
    owned = Owned(*(stage(ref) for ref in "abcde"))
    owned.take(StartWorkflow(), room=2)
    assert owned.effects() == [Execute(0, 1), Execute(1, 1)]
    assert owned.active.has_backlog
    owned.take(done(0), room=1)
    assert owned.effects() == [Execute(2, 1)]


def test_what_has_no_room_here_is_offered_to_others() -> None:
    owned = Owned(*(stage(ref) for ref in "abc"))
    owned.take(StartWorkflow(), room=1, elsewhere=1)
    change = owned.change()
    assert change is not None
    assert [(offer.stage, offer.execution) for offer in change.offers] == [(1, 1)]
    assert owned.effects() == [Execute(0, 1)]
    assert owned.active.has_backlog


def test_only_what_needs_a_thread_is_offered() -> None:
    owned = Owned(stage("a"), lane=Lane.LOOP)
    owned.take(StartWorkflow(), room=0, elsewhere=1)
    change = owned.change()
    assert change is not None
    assert change.offers == []


def test_an_offer_that_is_not_wanted_any_more_is_withdrawn() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow(), room=0, elsewhere=1)
    owned.change()
    owned.take(CancelWorkflow("enough"))
    change = owned.change()
    assert change is not None
    assert change.withdrawn == [(0, 1)]
    assert owned.effects() == []
    assert owned.active.run.record.status is S.CANCELED


def test_an_offer_that_was_not_written_yet_is_never_made() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow(), room=0, elsewhere=1)
    owned.take(CancelWorkflow())
    change = owned.change()
    assert change is not None
    assert change.offers == []


def test_a_run_is_released_when_there_is_nothing_to_do() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow())
    change = owned.change()
    assert change is not None
    assert not change.release or owned.active.executing
    owned.active.answer(0, 1, TaskResult.suspend())
    owned.take()
    change = owned.change()
    assert change is not None
    assert (change.release, change.ready_at) == (True, None)


def test_a_run_that_waits_long_is_released_until_then_and_one_that_waits_shortly_is_kept() -> None:
    for seconds, released in ((1, False), (60, True)):
        owned = Owned(stage("a"))
        owned.take(StartWorkflow())
        owned.active.answer(0, 1, TaskResult.running(seconds))
        owned.take()
        change = owned.change()
        assert change is not None
        assert (change.release, change.ready_at) == (released, owned.now + seconds * SECOND)


def test_a_wait_that_is_over_is_no_reason_to_come_back() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow())
    owned.active.answer(0, 1, TaskResult.suspend(timeout=3600))
    owned.take(Signal("a"))
    owned.active.answer(0, 2, TaskResult.success())
    owned.take()
    change = owned.change()
    assert change is not None
    assert (change.record.status, change.release, change.ready_at) == (S.SUCCEEDED, True, None)


def test_a_late_timer_does_not_make_a_later_wait_forgotten() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow())
    owned.active.answer(0, 1, TaskResult.suspend(timeout=10))
    owned.take(Signal("a"))
    owned.active.answer(0, 2, TaskResult.suspend(timeout=100))
    owned.take()
    owned.now += 10 * SECOND
    owned.take(FireTimer(0, 1))
    change = owned.change()
    assert change is not None
    assert (change.release, change.ready_at) == (True, 101 * SECOND)


def test_a_paused_run_has_nothing_to_come_back_for() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow())
    owned.active.answer(0, 1, TaskResult.running(60))
    owned.take(PauseWorkflow())
    change = owned.change()
    assert change is not None
    assert (change.release, change.ready_at) == (True, None)


def test_an_answer_and_a_jump_in_one_step_do_not_meet_halfway() -> None:
    owned = Owned(stage("root"), stage("a", "root"), stage("b", "root"))
    owned.take(StartWorkflow())
    owned.take(done(0))
    owned.take(done(2), CompleteTask(1, 1, TaskResult.jump_to("root")))
    assert [owned.status(ref) for ref in ("root", "a", "b")] == [S.RUNNING, S.NOT_STARTED, S.NOT_STARTED]


def test_an_answer_that_comes_twice_in_one_step_counts_once() -> None:
    owned = Owned(stage("a"), stage("b", "a"))
    owned.take(StartWorkflow())
    owned.take(done(0), done(0))
    assert owned.status("a") is S.SUCCEEDED
    assert owned.status("b") is S.RUNNING


def test_a_stage_that_is_cancelled_twice_in_one_step_is_cancelled_once() -> None:
    owned = Owned(stage("a"), stage("b"))
    owned.take(StartWorkflow())
    owned.take(CompleteTask(0, 1, TaskResult.suspend()), CancelStage("a"), CancelStage("a"))
    assert owned.status("a") is S.CANCELED


def test_a_child_that_ends_twice_in_one_step_ends_its_stage_once() -> None:
    owned = Owned(stage("nest"), stage("b"))
    owned.take(StartWorkflow())
    owned.take(CompleteTask(0, 1, TaskResult.run_workflow(CHILD)))
    ended = FinishChild(0, 1, "child", S.SUCCEEDED)
    owned.take(ended, ended)
    assert owned.status("nest") is S.SUCCEEDED


def test_a_timeout_and_a_signal_in_one_step_are_taken_in_turn() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow())
    owned.take(CompleteTask(0, 1, TaskResult.suspend(timeout=1)))
    owned.now += SECOND
    owned.take(FireTimer(0, 1), FireTimer(0, 1), Signal("a"))
    assert owned.status("a") is S.FAILED


def test_work_that_is_begun_and_cancelled_in_one_step_is_stopped_after_it_has_begun() -> None:
    begun = Owned(stage("a"))
    begun.take(StartWorkflow())
    stages = [stage("a", record=begun.active.run.nodes[0].record)]
    workflow = Workflow(id="run", name="w", stages=stages, record=begun.active.run.record)
    taken_over = Owned(workflow=workflow)
    taken_over.take(RecoverWorkflow(), CancelWorkflow("enough"))
    assert taken_over.effects() == [Execute(0, 2), Stop(0, 2, "enough")]


def test_work_that_the_run_has_gone_back_from_before_it_began_never_begins() -> None:
    owned = Owned(stage("a"), stage("f", "a", tasks=TWO), stage("g", "a"))
    owned.take(StartWorkflow())
    owned.take(CompleteTask(0, 1, TaskResult.success()))
    owned.effects()
    owned.take(CompleteTask(1, 1, TaskResult.success()), CompleteTask(2, 1, TaskResult.jump_to("a")))
    assert owned.effects() == [Execute(0, 2)]
    assert owned.active.executing == {(0, 2)}


def test_work_below_a_stage_that_ends_before_it_began_never_begins() -> None:
    owned = Owned(stage("p"))
    owned.take(StartWorkflow())
    scopes = [Scope(key="a", stages=[stage("x", tasks=TWO)])]
    owned.take(CompleteTask(0, 1, TaskResult.run_stages(Plan(scopes=scopes, more=True))))
    owned.effects()
    owned.take(CompleteTask(2, 1, TaskResult.success()), CompleteTask(0, 2, TaskResult.success()))
    assert owned.effects() == []
    assert owned.active.executing == set()


def test_a_signal_and_a_cancel_in_one_step_leave_nothing_running() -> None:
    owned = Owned(stage("a"))
    owned.take(StartWorkflow())
    owned.take(CompleteTask(0, 1, TaskResult.suspend()))
    owned.effects()
    owned.take(Signal("a"), CancelStage("a", "enough"))
    assert owned.effects() == [Execute(0, 2), Stop(0, 2, "enough")]


def test_scopes_take_no_room_from_what_they_hold() -> None:
    owned = Owned(stage("p"))
    owned.take(StartWorkflow())
    owned.effects()
    scopes = [Scope(key=str(n), stages=[stage("x")]) for n in range(20)]
    owned.take(CompleteTask(0, 1, TaskResult.run_stages(Plan(scopes=scopes))), room=2)
    assert len(owned.effects()) == 2
    assert owned.active.run.nodes[0].inner is not None
    assert {node.record.status for node in owned.active.run.nodes[0].inner.nodes} == {S.RUNNING}
