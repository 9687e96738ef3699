"""Long and eventful lives of runs, each from a seed: the same world as in `test_machine`, with more happening in it.

Hypothesis finds small examples; dice find what takes many steps to come about.
"""

from collections.abc import Callable
from random import Random

import pytest

from stageline.engine.messages import CompleteTask, FireTimer, RetryWorkflow, StartStage, StartWorkflow
from stageline.model.result import TaskResult
from tests.property.dice import a_command, a_result, a_workflow
from tests.property.world import Hand, World

STEPS = 120
SEEDS = 80
PARTS = 10


class Life:
    """What happens in one world."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.world = World()
        self.happenings: list[Callable[[], None]] = [
            *[self.work] * 5,
            *[self.answer] * 8,
            *[self.ring] * 4,
            self.answer_again,
            self.say_out_of_turn,
            self.ask,
            self.ask,
            self.part_of_the_work,
            self.part_of_the_work,
            self.help_out,
            self.help_out,
            self.lose,
            self.join,
        ]

    def live(self) -> None:
        self.more()
        for _ in range(STEPS):
            self.dice.choice(self.happenings)()
            self.world.check_work()
            if not any(hand.jobs or hand.timers for hand in self.world.hands):
                self.more()
        self.world.settle(TaskResult.success)
        self.world.close()

    def more(self) -> None:
        """Another run, or an ended one again."""
        over = [run for run, ledger in self.world.ledgers.items() if ledger.judge.run == "over"]
        if over and self.dice.random() < 0.5:
            self.world.store.push(self.dice.choice(over), RetryWorkflow(), self.world.clock())
        else:
            run = f"run-{len(self.world.ledgers)}"
            self.world.add(a_workflow(self.dice, run))
            self.world.store.push(run, StartWorkflow(), self.world.clock())
        self.work()

    def work(self) -> None:
        """All hands do all they can, or as much as there is room for."""
        here, elsewhere = self.dice.choice([(9, 0), (9, 0), (1, 2), (0, 2), (2, 0)])
        for hand in self.world.hands:
            self.world.look(hand)
            for delivery in self.world.inbox(hand):
                self.world.deliver(hand, delivery)
            for run in list(hand.runs):
                self.world.drain(hand, run, here, elsewhere)
                self.world.write(hand, run)

    def part_of_the_work(self) -> None:
        hand = self.hand()
        for change in hand.written[-2:]:
            self.world.replay(hand, change)
        self.world.look(hand, self.dice.randint(0, 2))
        box = self.world.inbox(hand)
        for delivery in self.dice.sample(box, self.dice.randint(0, len(box))):
            self.world.deliver(hand, delivery)
        for run in list(hand.runs):
            if run in hand.unwritten:
                self.world.write(hand, run)
            elif self.dice.random() < 0.5:
                self.world.drain(hand, run, self.dice.randint(0, 3), self.dice.randint(0, 1))

    def answer(self) -> None:
        hand = self.hand()
        jobs = sorted(hand.jobs)
        for key in self.dice.sample(jobs, self.dice.randint(0, len(jobs))):
            self.world.answer(hand, key, a_result(self.dice))

    def answer_again(self) -> None:
        hand = self.hand()
        if hand.answered:
            run, answer = self.dice.choice(hand.answered)
            result = self.dice.choice([answer.result, a_result(self.dice)])
            for hearer in self.world.hands:
                self.world.say(hearer, run, CompleteTask(answer.stage, answer.execution, result))

    def say_out_of_turn(self) -> None:
        run = self.dice.choice(sorted(self.world.ledgers))
        known = self.world.ledgers[run].judge
        stage = self.dice.choice(sorted(known.specs))
        for hand in self.world.hands:
            self.world.say(hand, run, FireTimer(stage, self.dice.randint(1, 4)))
            if known.specs[stage].parent is None:
                self.world.say(hand, run, StartStage(stage))

    def ring(self) -> None:
        """A timer rings, mostly on time, and sometimes a second time."""
        hand = self.hand()
        if not hand.timers:
            return
        timer = self.dice.choice(hand.timers)
        at, run, message = timer
        if self.dice.random() < 0.7:
            self.world.pass_time(max(at - self.world.clock(), 0) / 1_000_000)
        if self.dice.random() < 0.7:
            hand.timers.remove(timer)
        self.world.say(hand, run, message)

    def ask(self) -> None:
        run = self.dice.choice(sorted(self.world.ledgers))
        self.world.store.push(run, a_command(self.dice), self.world.clock())

    def help_out(self) -> None:
        """A hand takes tasks on offer, and answers some."""
        hand = self.hand()
        self.world.store.take_offers(hand.id, ["t"], self.dice.randint(0, 3))
        for key in sorted(self.world.store.held_offers(hand.id)):
            if self.dice.random() < 0.5:
                self.world.answer_offer(hand, key, a_result(self.dice))

    def lose(self) -> None:
        hand = self.hand()
        if self.dice.random() < 0.5 and not hand.lost:
            self.world.lose(hand)
            if self.dice.random() < 0.5:
                self.world.hands.remove(hand)

    def join(self) -> None:
        if len(self.world.hands) < 3:
            self.world.new_hand()

    def hand(self) -> Hand:
        return self.dice.choice(self.world.hands)


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_goes_wrong_in_many_long_lives(part: int) -> None:
    for seed in range(part * SEEDS, (part + 1) * SEEDS):
        life = Life(seed)
        try:
            life.live()
        except BaseException as error:
            error.add_note(f"seed {seed}: Life({seed}).live()")
            raise
