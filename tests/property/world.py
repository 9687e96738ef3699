"""A world for runs without threads, sleep or files: real handlers, `ActiveRun`, `MemoryStore`, a clock that is moved.

Hands stand for processors. They do what the processor does (claim, load, recover, drain, commit, then effects), but in
any order and as late as a test likes; a hand that lost its lease goes on without knowing.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from stageline.engine.active import ActiveRun, Room
from stageline.engine.executor import Lane
from stageline.engine.graph import Node
from stageline.engine.handlers import Handler, default_handlers
from stageline.engine.messages import CompleteTask, Execute, FireTimer, Message, SetTimer, Stop
from stageline.engine.ports import Change, Claim, Delivery, Offer, Peer
from stageline.engine.run import Run
from stageline.model.result import TaskResult
from stageline.model.workflow import Workflow
from stageline.testing import FakeClock, MemoryStore
from tests.property.ledger import Ledger, audit
from tests.unit.engine.play import counters

LEASE = 10_000_000
Key = tuple[str, int, int]


def in_thread(node: Node) -> Lane:
    return Lane.THREAD


def bare_offer(run: Run, execute: Execute) -> Offer:
    return Offer(run.id, execute.stage, execute.execution, "t", {})


class Hand:
    """One processor. `jobs` says of each execution that was begun here whether it was asked to stop."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.lost = False
        self.runs: dict[str, ActiveRun] = {}
        self.unwritten: dict[str, Change | None] = {}
        self.jobs: dict[Key, bool] = {}
        self.answered: list[tuple[str, CompleteTask]] = []
        self.timers: list[tuple[int, str, FireTimer]] = []
        self.written: list[Change] = []


class World:
    """A store, a clock and some hands."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = FakeClock()
        self.hands: list[Hand] = []
        self.ledgers: dict[str, Ledger] = {}
        self.begun: Counter[Key] = Counter()
        self.given: set[Key] = set()
        self.sound = True
        self._named = 0
        self._handlers: dict[type, Handler] = default_handlers()
        self.new_hand()

    def new_hand(self) -> Hand:
        self._named += 1
        hand = Hand(f"hand-{self._named}")
        self._join(hand)
        self.hands.append(hand)
        return hand

    def add(self, workflow: Workflow) -> None:
        self.store.store(workflow)
        self.ledgers[workflow.id] = Ledger(workflow)

    def pass_time(self, seconds: float) -> None:
        """Let time pass; hands that are not lost renew their leases."""
        self.clock.advance(seconds)
        alive = [hand for hand in self.hands if not hand.lost]
        for hand in alive:
            self._join(hand)
        for hand in alive:
            assert self.store.beat(hand.id, self.clock(), self.clock() + LEASE) is not None

    def lose(self, hand: Hand) -> None:
        """The others take a hand for dead; it does not know."""
        hand.lost = True
        self.hands = [other for other in self.hands if other is hand or not other.lost]
        if all(other.lost for other in self.hands):
            self.new_hand()
        self.pass_time(LEASE / 1_000_000)
        assert self.store.beat(hand.id, self.clock(), self.clock() + LEASE) is None

    def look(self, hand: Hand, limit: int = 9) -> None:
        """Claim what is free, and take it up."""
        for claim in self.store.claim(hand.id, self.clock(), limit):
            assert not hand.lost
            self._adopt(hand, claim)

    def inbox(self, hand: Hand) -> list[Delivery]:
        return self.store.inbox(hand.id)

    def deliver(self, hand: Hand, delivery: Delivery) -> None:
        if delivery.run in hand.runs:
            hand.runs[delivery.run].deliver(delivery)

    def drain(self, hand: Hand, run: str, here: int = 9, elsewhere: int = 0) -> None:
        """Handle all messages of a run, and make up its next change; nothing is written yet."""
        active = hand.runs[run]
        if run not in hand.unwritten:
            active.drain(self._handlers, Room([here, here, here], elsewhere), self.clock())
            hand.unwritten[run] = active.take_change(self.clock(), bare_offer)

    def write(self, hand: Hand, run: str) -> None:
        """Write the change of a run and begin its effects, or be refused and drop the run."""
        change, active = hand.unwritten.pop(run), hand.runs[run]
        if change is not None and not self._commit(hand, change):
            self._drop(hand, run)
            return
        for effect in active.take_effects():
            self._begin(hand, run, effect)
        if change is not None and change.release:
            del hand.runs[run]

    def replay(self, hand: Hand, change: Change) -> None:
        """Write an old change once more, under a fence that is no longer the run's."""
        current = hand.runs.get(change.run)
        if current is None or current.claim.fence != change.fence:
            self._refused(hand, change)

    def answer(self, hand: Hand, key: Key, result: TaskResult) -> None:
        """A job ends, with this result."""
        run, stage, execution = key
        del hand.jobs[key]
        hand.answered.append((run, CompleteTask(stage, execution, result)))
        if run in hand.runs:
            hand.runs[run].answer(stage, execution, result)

    def say(self, hand: Hand, run: str, message: Message) -> None:
        """Say something to a run past the store: a timer that rings, an answer that comes twice."""
        if run in hand.runs:
            hand.runs[run].messages.append(message)

    def answer_offer(self, hand: Hand, key: Key, result: TaskResult) -> None:
        """A job that was taken from somebody else ends; its answer is never asked for again."""
        run, stage, execution = key
        assert self.store.answer_offer(hand.id, run, CompleteTask(stage, execution, result), self.clock())
        assert key not in self.given
        self.given.add(key)

    def _join(self, hand: Hand) -> None:
        self.store.join(Peer(hand.id, "elsewhere", 1, "", 4), self.clock() + LEASE)

    def _adopt(self, hand: Hand, claim: Claim) -> None:
        loaded = self.store.load(claim.run)
        active = ActiveRun(loaded.workflow, claim, in_thread)
        active.take_over(loaded.offered)
        hand.runs[claim.run] = active
        for delivery in self.inbox(hand):
            if isinstance(delivery.message, CompleteTask):
                self.deliver(hand, delivery)

    def _commit(self, hand: Hand, change: Change) -> bool:
        if hand.lost:
            self._refused(hand, change)
            return False
        assert self.store.commit(hand.id, [change], self.clock()) == frozenset()
        hand.written.append(change)
        for child in change.children:
            self.ledgers.setdefault(child.id, Ledger(child))
        self.sound = False
        audit(self.store, change.run, self.ledgers[change.run])
        assert counters(hand.runs[change.run].run) == counters(self.ledgers[change.run].run)
        self.sound = True
        return True

    def _refused(self, hand: Hand, change: Change) -> None:
        before = self._all_that_is_kept(change)
        assert self.store.commit(hand.id, [change], self.clock()) == {change.run}
        assert self._all_that_is_kept(change) == before

    def _all_that_is_kept(self, change: Change) -> object:
        runs = {change.run, *(run for run, _ in change.tells)}
        known = {row.id for row in self.store.list_runs()}
        boxes = [self.store.inbox(hand.id) for hand in self.hands]
        kept = {run: (self.store.load(run), self.store.events(run)) for run in runs & known}
        return kept, known, boxes, self.store.pending(self.clock())

    def _drop(self, hand: Hand, run: str) -> None:
        del hand.runs[run]
        for key in hand.jobs:
            if key[0] == run:
                hand.jobs[key] = True

    def _begin(self, hand: Hand, run: str, effect: Execute | Stop | SetTimer) -> None:
        match effect:
            case Execute():
                key = (run, effect.stage, effect.execution)
                self.begun[key] += 1
                assert self.begun[key] == 1, f"{key} was begun twice"
                hand.jobs[key] = False
            case Stop():
                key = (run, effect.stage, effect.execution)
                if key in hand.jobs:
                    hand.jobs[key] = True
            case SetTimer():
                hand.timers.append((effect.at, run, FireTimer(effect.stage, effect.execution)))

    def wanted(self, hand: Hand) -> Iterator[tuple[Key, bool]]:
        """Each job of a hand that has written all it knows, and whether it is still wanted."""
        for key in hand.jobs:
            run, stage, execution = key
            if run in hand.runs and run not in hand.unwritten and not hand.runs[run].messages:
                node = hand.runs[run].run.nodes.get(stage)
                if node is None or not node.is_executing or node.record.execution != execution:
                    yield key, False
                elif not (node.inner is not None and node.record.stopping):  # a planner is heard out
                    yield key, not node.record.stopping

    def check_work(self) -> None:
        """What is not wanted was asked to go; what is being executed is really being done by somebody."""
        for hand in self.hands:
            for key, is_wanted in self.wanted(hand):
                assert is_wanted is not hand.jobs[key], f"{key}: wanted {is_wanted}, stopped {hand.jobs[key]}"
            if not hand.lost:
                for run, active in hand.runs.items():
                    if run not in hand.unwritten and not active.messages:
                        self._check_somebody_works(hand, active)

    def _check_somebody_works(self, hand: Hand, active: ActiveRun) -> None:
        answered = {
            (delivery.message.stage, delivery.message.execution)
            for delivery in self.store.inbox(hand.id)
            if delivery.run == active.id and isinstance(delivery.message, CompleteTask)
        }
        for node in active.run.root.nodes:
            key = (node.seq, node.record.execution)
            if node.is_executing:
                assert (active.id, *key) in hand.jobs or key in active.offered or key in answered, key

    def settle(self, result: Callable[[], TaskResult]) -> None:
        """One good hand does all that there is to do: every job is answered, every timer rings."""
        hand = next(hand for hand in self.hands if not hand.lost)
        for other in list(self.hands):
            if other is not hand and not other.lost:
                self.lose(other)
        for _ in range(500):
            self._turn(hand)
            if hand.jobs:
                for key in list(hand.jobs):
                    self.answer(hand, key, result())
            elif not self._next(hand) and not any(active.has_backlog for active in hand.runs.values()):
                return
        raise AssertionError("the runs do not come to rest")

    def _turn(self, hand: Hand) -> None:
        self.pass_time(0)
        self.look(hand)
        for delivery in self.inbox(hand):
            self.deliver(hand, delivery)
        for run in list(hand.runs):
            if run in hand.unwritten:
                self.write(hand, run)
            if run in hand.runs:
                self.drain(hand, run)
                self.write(hand, run)
        for offer in self.store.take_offers(hand.id, ["t"], 9):
            answer = CompleteTask(offer.stage, offer.execution, TaskResult.success())
            assert self.store.answer_offer(hand.id, offer.run, answer, self.clock())

    def _next(self, hand: Hand) -> bool:
        """Go to the next moment at which something is to be done, if there is one."""
        held = self.store.held_offers(hand.id)
        for run, stage, execution in held:
            self.store.answer_offer(hand.id, run, CompleteTask(stage, execution, TaskResult.success()), self.clock())
        ready_in = self.store.pending(self.clock())
        moments = [at for at, _, _ in hand.timers] + ([] if ready_in is None else [self.clock() + ready_in])
        if not moments:
            return bool(held or self.inbox(hand))
        self.pass_time(max(min(moments) - self.clock(), 0) / 1_000_000)
        due = [timer for timer in hand.timers if timer[0] <= self.clock()]
        hand.timers = [timer for timer in hand.timers if timer not in due]
        for _, run, message in due:
            self.say(hand, run, message)
        return True

    def close(self) -> None:
        self.store.close()
