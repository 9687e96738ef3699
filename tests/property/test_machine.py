"""The engine under any order of messages, any loss of processors and any answer of tasks.

Hypothesis draws what happens; the world's audit and judge object to what must never be.
"""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stageline.engine.messages import CompleteTask, ResumeWorkflow, StartWorkflow
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.property.workflows import REFS, commands, results, seconds, workflows
from tests.property.world import Hand, World

T = TypeVar("T")


class Machine(RuleBasedStateMachine):
    """One run, its children, and a handful of processors."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @initialize(workflow=workflows(), started=st.sampled_from([True, True, True, False]))
    def begin(self, workflow: Workflow, started: bool) -> None:
        self.world.add(workflow)
        if started:
            self.world.store.push("run", StartWorkflow(), self.world.clock())
            self.everybody_works(9, 0)

    @rule(here=st.sampled_from([9, 9, 2, 1, 0]), elsewhere=st.sampled_from([0, 0, 2]))
    def everybody_works(self, here: int, elsewhere: int) -> None:
        """All hands do all they can, in order."""
        for hand in self.world.hands:
            self.world.look(hand)
            for delivery in self.world.inbox(hand):
                self.world.deliver(hand, delivery)
            for run in list(hand.runs):
                self.world.drain(hand, run, here, elsewhere)
                self.world.write(hand, run)

    @rule(data=st.data())
    def a_hand_claims(self, data: st.DataObject) -> None:
        self.world.look(self._hand(data), limit=data.draw(st.integers(0, 2), label="limit"))

    @rule(data=st.data())
    def messages_come_in_any_order(self, data: st.DataObject) -> None:
        hand = self._hand(data)
        box = self.world.inbox(hand)
        for delivery in data.draw(st.permutations(box), label="order") if box else []:
            if data.draw(st.booleans(), label="now"):
                self.world.deliver(hand, delivery)

    @rule(data=st.data(), here=st.integers(0, 3), elsewhere=st.integers(0, 1))
    def a_run_is_moved_on_but_not_written(self, data: st.DataObject, here: int, elsewhere: int) -> None:
        hand = self._hand(data)
        if hand.runs:
            self.world.drain(hand, self._one(data, sorted(hand.runs)), here, elsewhere)

    @rule(data=st.data())
    def what_was_moved_on_is_written(self, data: st.DataObject) -> None:
        hand = self._hand(data)
        if hand.unwritten:
            self.world.write(hand, self._one(data, sorted(hand.unwritten)))

    @precondition(lambda self: any(hand.jobs for hand in self.world.hands))
    @rule(data=st.data(), taken_in=st.sampled_from([True, True, False]))
    def tasks_answer(self, data: st.DataObject, taken_in: bool) -> None:
        """Any tasks answer anything, in any order, together."""
        hand = self._one(data, [hand for hand in self.world.hands if hand.jobs])
        for key in data.draw(st.lists(st.sampled_from(sorted(hand.jobs)), unique=True, min_size=1), label="jobs"):
            self.world.answer(hand, key, data.draw(results(REFS), label="result"))
        if taken_in:
            self.everybody_works(9, 0)

    @precondition(lambda self: any(hand.jobs for hand in self.world.hands))
    @rule()
    def all_tasks_succeed(self) -> None:
        for hand in self.world.hands:
            for key in list(hand.jobs):
                self.world.answer(hand, key, TaskResult.success({"k": 1}))
        self.everybody_works(9, 0)

    @precondition(lambda self: any(hand.answered for hand in self.world.hands))
    @rule(data=st.data(), result=st.none() | results(REFS))
    def an_answer_comes_again(self, data: st.DataObject, result: TaskResult | None) -> None:
        """Doubled, late, perhaps saying something else, and to whoever owns the run now."""
        hand = self._one(data, [hand for hand in self.world.hands if hand.answered])
        run, answer = self._one(data, hand.answered)
        said = answer.result if result is None else result
        for hearer in self.world.hands:
            self.world.say(hearer, run, CompleteTask(answer.stage, answer.execution, said))

    @precondition(lambda self: any(hand.timers for hand in self.world.hands))
    @rule(data=st.data(), on_time=st.sampled_from([True, True, False]), again=st.booleans())
    def a_timer_rings(self, data: st.DataObject, on_time: bool, again: bool) -> None:
        """Early, on time or late, and perhaps once more later."""
        hand = self._one(data, [hand for hand in self.world.hands if hand.timers])
        timer = self._one(data, hand.timers)
        at, run, message = timer
        if on_time and at > self.world.clock():
            self.world.pass_time((at - self.world.clock()) / 1_000_000)
        if not again:
            hand.timers.remove(timer)
        self.world.say(hand, run, message)

    @rule(passed=seconds)
    def time_passes(self, passed: float) -> None:
        self.world.pass_time(passed)

    @rule(data=st.data(), command=commands(REFS))
    def somebody_asks_for_something(self, data: st.DataObject, command: StartWorkflow) -> None:
        self.world.store.push(self._one(data, sorted(self.world.ledgers)), command, self.world.clock())

    @precondition(lambda self: len(self.world.hands) < 5)
    @rule()
    def another_processor_joins(self) -> None:
        self.world.new_hand()

    @rule(data=st.data())
    def a_processor_is_taken_for_dead(self, data: st.DataObject) -> None:
        """It goes on without knowing; its commits must be refused."""
        self.world.lose(self._hand(data))

    @rule(data=st.data())
    def a_processor_dies(self, data: st.DataObject) -> None:
        hand = self._hand(data)
        self.world.lose(hand)
        self.world.hands.remove(hand)

    @rule(data=st.data())
    def a_commit_of_long_ago_comes_late(self, data: st.DataObject) -> None:
        hand = self._hand(data)
        if hand.written:
            self.world.replay(hand, self._one(data, hand.written))

    @rule(data=st.data())
    def somebody_takes_offers(self, data: st.DataObject) -> None:
        self.world.store.take_offers(self._hand(data).id, ["t"], data.draw(st.integers(1, 3), label="limit"))

    @rule(data=st.data(), result=results(REFS))
    def an_offer_is_answered(self, data: st.DataObject, result: TaskResult) -> None:
        hand = self._hand(data)
        held = self.world.store.held_offers(hand.id)
        if held:
            run, stage, execution = self._one(data, sorted(held))
            answer = CompleteTask(stage, execution, result)
            assert self.world.store.answer_offer(hand.id, run, answer, self.world.clock()) is not hand.lost

    @invariant()
    def work_is_neither_lost_nor_left_behind(self) -> None:
        self.world.check_work()

    def teardown(self) -> None:
        """Left to itself, and never paused, everything comes to rest: it has ended, or waits for a word."""
        for run in self.world.ledgers:
            self.world.store.push(run, ResumeWorkflow(), self.world.clock())
        self.world.settle(TaskResult.success)
        for run, ledger in self.world.ledgers.items():
            self._check_rest(run, self.world.store.load(run).workflow)
            assert ledger.judge.run != "paused"
        self.world.close()

    def _check_rest(self, run: str, workflow: Workflow) -> None:
        judge = self.world.ledgers[run].judge
        if judge.run == "new" or judge.run == "over":
            assert workflow.status.ended or workflow.status is Status.NOT_STARTED
            return
        assert workflow.status is Status.RUNNING
        waiting = [stage.record for stage in workflow.stages if not stage.status.ended and stage.record.waiting]
        assert waiting
        assert all(record.waiting in ("signal", "child") and record.wake_at is None for record in waiting)
        running = [stage for stage in workflow.stages if stage.status in (Status.RUNNING, Status.SUSPENDED)]
        assert len(running) == len(waiting)

    def _hand(self, data: st.DataObject) -> Hand:
        return self._one(data, self.world.hands)

    def _one(self, data: st.DataObject, things: Sequence[T]) -> T:
        return things[data.draw(st.integers(0, len(things) - 1), label="which")]


Machine.TestCase.settings = settings(
    max_examples=300,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestMachine = Machine.TestCase
