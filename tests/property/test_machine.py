"""The engine under any order of messages, any loss of processors and any answer of tasks.

Hypothesis draws what happens; the world's audit and judge object to what must never be.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stageline.engine.messages import CompleteTask, Message, ResumeWorkflow, RetryWorkflow, StartWorkflow
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.property.workflows import REFS, commands, results, seconds, workflows
from tests.property.world import World

T = TypeVar("T")
MOSTLY = st.sampled_from([True, True, True, False])


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

    @precondition(lambda self: any(hand.jobs for hand in self.world.hands))
    @rule(data=st.data(), taken_in=MOSTLY)
    def tasks_answer(self, data: st.DataObject, taken_in: bool) -> None:
        """Any tasks answer anything, in any order, together."""
        hand = self._one(data, [hand for hand in self.world.hands if hand.jobs])
        for key in data.draw(st.permutations(sorted(hand.jobs)), label="order"):
            if data.draw(MOSTLY, label="now"):
                self.world.answer(hand, key, data.draw(results(REFS), label="result"))
        self._perhaps_work(taken_in)

    @precondition(lambda self: not any(hand.jobs for hand in self.world.hands))
    @rule(workflow=workflows(), data=st.data())
    def more_work_comes(self, workflow: Workflow, data: st.DataObject) -> None:
        """Another run is started, or one that has ended is retried."""
        over = [run for run, ledger in self.world.ledgers.items() if ledger.judge.run == "over"]
        if bool(over) and data.draw(MOSTLY, label="again"):
            run = self._one(data, over)
            ref = data.draw(st.sampled_from(["", *REFS[:3]]), label="from")
            self.world.store.push(run, RetryWorkflow(ref), self.world.clock())
        else:
            run = f"run-{len(self.world.ledgers)}"
            self.world.add(msgspec.structs.replace(workflow, id=run))
            self.world.store.push(run, StartWorkflow(), self.world.clock())
        self.everybody_works(9, 0)

    @precondition(lambda self: any(hand.answered for hand in self.world.hands))
    @rule(data=st.data(), result=st.none() | results(REFS), taken_in=MOSTLY)
    def an_answer_comes_again(self, data: st.DataObject, result: TaskResult | None, taken_in: bool) -> None:
        """Doubled, late, perhaps saying something else, and to whoever owns the run now."""
        hand = self._one(data, [hand for hand in self.world.hands if hand.answered])
        run, answer = self._one(data, hand.answered)
        said = answer.result if result is None else result
        for hearer in self.world.hands:
            self.world.say(hearer, run, CompleteTask(answer.stage, answer.execution, said))
        self._perhaps_work(taken_in)

    @precondition(lambda self: any(hand.timers for hand in self.world.hands))
    @rule(data=st.data(), on_time=MOSTLY, again=st.booleans(), taken_in=MOSTLY)
    def a_timer_rings(self, data: st.DataObject, on_time: bool, again: bool, taken_in: bool) -> None:
        """Early, on time or late, and perhaps once more later."""
        hand = self._one(data, [hand for hand in self.world.hands if hand.timers])
        timer = self._one(data, hand.timers)
        at, run, message = timer
        if on_time and at > self.world.clock():
            self.world.pass_time((at - self.world.clock()) / 1_000_000)
        if not again:
            hand.timers.remove(timer)
        self.world.say(hand, run, message)
        self._perhaps_work(taken_in)

    @rule(data=st.data(), command=commands(REFS), taken_in=MOSTLY)
    def somebody_asks_for_something(self, data: st.DataObject, command: Message, taken_in: bool) -> None:
        self.world.store.push(self._one(data, sorted(self.world.ledgers)), command, self.world.clock())
        self._perhaps_work(taken_in)

    @rule(data=st.data(), passed=seconds, room=st.tuples(st.integers(0, 3), st.integers(0, 1)))
    def a_processor_does_a_part_of_its_work(self, data: st.DataObject, passed: float, room: tuple[int, int]) -> None:
        """It claims, takes in some messages in any order, and moves runs on without writing that, or the other way.

        What it wrote before may come a second time, late, and is refused when the run is no longer its own.
        """
        hand = self._one(data, self.world.hands)
        self.world.pass_time(passed)
        for change in hand.written[-2:]:
            self.world.replay(hand, change)
        self.world.look(hand, limit=data.draw(st.integers(0, 2), label="limit"))
        box = self.world.inbox(hand)
        for delivery in data.draw(st.permutations(box), label="order") if box else []:
            if data.draw(st.booleans(), label="now"):
                self.world.deliver(hand, delivery)
        for run in list(hand.runs):
            if run in hand.unwritten:
                self.world.write(hand, run)
            elif data.draw(st.booleans(), label="move on"):
                self.world.drain(hand, run, *room)

    @precondition(lambda self: any(hand.runs for hand in self.world.hands))
    @rule(data=st.data(), dies=st.booleans(), taken_in=MOSTLY)
    def a_processor_is_lost(self, data: st.DataObject, dies: bool, taken_in: bool) -> None:
        """It is gone, or goes on without knowing; then its commits must be refused."""
        hand = self._one(data, [hand for hand in self.world.hands if hand.runs])
        if not hand.lost:
            self.world.lose(hand)
        if dies:
            self.world.hands.remove(hand)
        self._perhaps_work(taken_in)

    @precondition(lambda self: len(self.world.hands) < 3)
    @rule()
    def another_processor_joins(self) -> None:
        self.world.new_hand()

    @rule(data=st.data(), taken_in=MOSTLY)
    def tasks_on_offer_are_taken_and_some_answered(self, data: st.DataObject, taken_in: bool) -> None:
        hand = self._one(data, self.world.hands)
        self.world.store.take_offers(hand.id, ["t"], data.draw(st.integers(1, 3), label="limit"))
        held = self.world.store.held_offers(hand.id)
        if held:
            run, stage, execution = self._one(data, sorted(held))
            self.world.answer_offer(hand, (run, stage, execution), data.draw(results(REFS), label="result"))
        self._perhaps_work(taken_in)

    @invariant()
    def work_is_neither_lost_nor_left_behind(self) -> None:
        self.world.check_work()

    def teardown(self) -> None:
        """Left to itself, and never paused, everything comes to rest: it has ended, or waits for a word."""
        if not self.world.sound:
            return
        for run in self.world.ledgers:
            self.world.store.push(run, ResumeWorkflow(), self.world.clock())
        self.world.settle(TaskResult.success)
        for run, ledger in self.world.ledgers.items():
            self._check_rest(run, self.world.store.load(run).workflow)
            assert ledger.judge.run != "paused"
        self.world.close()

    def _check_rest(self, run: str, workflow: Workflow) -> None:
        judge = self.world.ledgers[run].judge
        if judge.run in ("new", "over"):
            assert workflow.status.ended or workflow.status is Status.NOT_STARTED
            return
        assert workflow.status is Status.RUNNING
        waits = {
            seq: (str(node.record.waiting), node.record.wake_at)
            for seq, node in self.world.ledgers[run].run.nodes.items()
            if node.is_active
        }
        assert set(waits.values()) <= {("signal", None), ("child", None), ("scopes", None)}, waits
        assert set(waits.values()) & {("signal", None), ("child", None)}, waits

    def _perhaps_work(self, now: bool) -> None:
        if now:
            self.everybody_works(9, 0)

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
