"""A run that this processor owns: its graph, the messages still to be handled, and what the next commit will write.

`drain` handles messages until only effects are left and no more stages have room; `take_change` is what came of it.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from typing import assert_never

from stageline.engine.executor import Lane
from stageline.engine.graph import Node
from stageline.engine.handlers import Handler
from stageline.engine.handlers.identity import child_id
from stageline.engine.messages import (
    AboutStage,
    CompleteTask,
    Effect,
    Execute,
    Message,
    Outward,
    RecoverWorkflow,
    SetTimer,
    StartChild,
    StartStage,
    Stop,
    Tell,
)
from stageline.engine.no_collection import no_collection
from stageline.engine.ports import Change, Claim, Delivery, Offer
from stageline.engine.run import Run
from stageline.errors import InternalError
from stageline.model.record import Waiting
from stageline.model.result import TaskResult
from stageline.model.workflow import Workflow

PATIENCE = 2_000_000
LANES = tuple(Lane)

Handlers = Mapping[type, Handler]


class Room:
    """How many more stages may be started in this step: here by lane, and by other processors."""

    def __init__(self, here: list[int], elsewhere: int) -> None:
        self.here = here
        self.elsewhere = elsewhere

    def take(self, lane: Lane) -> bool:
        """Take a place here for one stage, if there is one."""
        if self.here[lane] <= 0:
            return False
        self.here[lane] -= 1
        return True

    def take_elsewhere(self, lane: Lane) -> bool:
        """Take a place with another processor, if there is one; only what needs a thread is worth the way."""
        if lane is not Lane.THREAD or self.elsewhere <= 0:
            return False
        self.elsewhere -= 1
        return True


class ActiveRun:
    """One owned run. `executing` has the executions here, `offered` those that others may do: stage, execution."""

    def __init__(self, workflow: Workflow, claim: Claim, lane_of: Callable[[Node], Lane]) -> None:
        with no_collection():
            self.run = Run(workflow)
        self.id = workflow.id
        self.claim = claim
        self.messages: deque[Message] = deque()
        self.effects: list[Stop | SetTimer] = []
        self.executing: set[tuple[int, int]] = set()
        self.offered: set[tuple[int, int]] = set()
        self._lane_of = lane_of
        self._backlog: list[deque[StartStage]] = [deque() for _ in Lane]
        self._begins: dict[tuple[int, int], Execute] = {}
        self._spilling = False
        self._spilled: list[Execute] = []
        self._withdrawn: list[tuple[int, int]] = []
        self._wakes: list[tuple[int, int]] = []
        self._seen: set[int] = set()
        self._consumed: list[int] = []
        self._tells: list[tuple[str, Message]] = []
        self._children: list[Workflow] = []

    def take_over(self, offered: Sequence[int]) -> None:
        """Take up what its last processor left, but for what others hold, and what they have answered by now."""
        nodes = (node for stage in offered if (node := self.run.nodes.get(stage)) is not None)
        self.offered = {(node.seq, node.record.execution) for node in nodes}
        self.messages.append(RecoverWorkflow(tuple(offered)))

    def deliver(self, delivery: Delivery) -> None:
        """Take in a message from outside, once."""
        if delivery.id in self._seen:
            return
        self._seen.add(delivery.id)
        self._consumed.append(delivery.id)
        if isinstance(delivery.message, CompleteTask):
            self._expect(delivery.message)
        self.messages.append(delivery.message)

    def _expect(self, answer: CompleteTask) -> None:
        self.offered.discard((answer.stage, answer.execution))
        first = self.messages[0] if self.messages else None
        node = self.run.nodes.get(answer.stage)
        if isinstance(first, RecoverWorkflow) and node is not None and node.record.execution == answer.execution:
            self.messages[0] = RecoverWorkflow((*first.held, answer.stage))

    def answer(self, stage: int, execution: int, result: TaskResult) -> None:
        """Take in the answer of an execution here."""
        self.executing.discard((stage, execution))
        self.messages.append(CompleteTask(stage, execution, result))

    def drain(self, handlers: Handlers, room: Room, now: int) -> None:
        """Handle all messages; then start stages as long as there is room."""
        self.run.now = now
        self._settle(handlers)
        for lane in LANES:
            if self._backlog[lane]:
                self._start_stages(handlers, room, lane)

    def _start_stages(self, handlers: Handlers, room: Room, lane: Lane) -> None:
        backlog, waiting = self._backlog[lane], 0
        while len(backlog) > waiting:
            node = self.run.nodes.get(backlog[0].stage)
            if node is None or not node.is_startable or not self.run.lets(node):
                backlog.popleft()
            elif (node.seq, node.record.execution) in self.executing:
                backlog.rotate(-1)  # its work of an earlier round is still ending
                waiting += 1
            elif node.is_scope or room.take(lane) or self._spill(room, lane):
                self._handle(handlers, backlog.popleft())
                self._settle(handlers)
                self._spilling = False
            else:
                return

    @property
    def children(self) -> list[str]:
        """The runs that stages of this one have started and wait for."""
        nodes = [node for node in self.run.nodes.values() if node.record.waiting is Waiting.CHILD]
        return [child_id(self.run.id, node.seq, node.record.execution) for node in nodes]

    @property
    def has_backlog(self) -> bool:
        """Whether stages wait for room."""
        return any(self._backlog)

    def take_change(self, now: int, make_offer: Callable[[Run, Execute], Offer]) -> Change | None:
        """What is to be written, if anything; a run with nothing to do for a while is released with it."""
        ready_at = self._next_wake()
        release = self._is_idle and (ready_at is None or ready_at - now > PATIENCE)
        if not (release or self.run.has_changes or self._consumed or self._tells or self._withdrawn):
            return None
        changes = self.run.take_changes()
        change = Change(
            run=self.id,
            fence=self.claim.fence,
            record=changes.record,
            events=changes.events,
            stages=changes.stages,
            planned=changes.planned,
            consumed=self._consumed,
            tells=self._tells,
            children=self._children,
            offers=[make_offer(self.run, execute) for execute in self._spilled],
            withdrawn=self._withdrawn,
            release=release,
            ready_at=ready_at,
        )
        self._consumed, self._tells, self._children, self._spilled, self._withdrawn = [], [], [], [], []
        return change

    def take_effects(self) -> list[Execute | Stop | SetTimer]:
        """What is to be done once the change is written."""
        begins, self._begins = self._begins, {}
        effects, self.effects = self.effects, []
        return [*begins.values(), *effects]

    @property
    def _is_idle(self) -> bool:
        return not (self.executing or self.offered or self.messages or self.has_backlog)

    def _next_wake(self) -> int | None:
        """When the soonest of the waiting stages is due; nothing wakes up in a run that is paused."""
        if self.run.is_paused:
            return None
        while self._wakes:
            at, stage = self._wakes[0]
            node = self.run.nodes.get(stage)
            if node is not None and node.record.wake_at == at:
                return at
            heappop(self._wakes)
        return None

    def _spill(self, room: Room, lane: Lane) -> bool:
        self._spilling = room.take_elsewhere(lane)
        return self._spilling

    def _settle(self, handlers: Handlers) -> None:
        messages = self.messages
        while messages:
            message = messages.popleft()
            if isinstance(message, StartStage) and not self._is_workless(message):
                self._backlog[self._lane_of(self.run.nodes[message.stage])].append(message)
            else:
                self._handle(handlers, message)

    def _is_workless(self, message: StartStage) -> bool:
        """Whether the start needs no room: of a scope, which has no work of its own, or of what is gone."""
        node = self.run.nodes.get(message.stage)
        return node is None or node.is_scope

    def _handle(self, handlers: Handlers, message: Message) -> None:
        if isinstance(message, AboutStage) and message.stage not in self.run.nodes:
            return  # late: the stage that it was below has ended
        handler = handlers.get(type(message))
        if handler is None:
            raise InternalError(f"no handler for {type(message).__name__}")
        follows: list[Message] = []
        for answer in handler.handle(self.run, message):
            if isinstance(answer, Outward):
                self._take_effect(answer)
            else:
                follows.append(answer)
        if follows:
            # What follows from a message comes before the next one: none ever meets a run halfway through a step.
            self.messages.extendleft(reversed(follows))

    def _take_effect(self, effect: Effect) -> None:
        match effect:
            case Execute():
                self._execute(effect)
            case Stop():
                self._stop(effect)
            case SetTimer():
                heappush(self._wakes, (effect.at, effect.stage))
                self.effects.append(effect)
            case StartChild():
                self._children.append(effect.workflow)
            case Tell():
                self._tells.append((effect.run, effect.message))
            case _:
                assert_never(effect)

    def _execute(self, execute: Execute) -> None:
        key = (execute.stage, execute.execution)
        if self._spilling:
            self._spilled.append(execute)
            self.offered.add(key)
        else:
            self.executing.add(key)
            self._begins[key] = execute

    def _stop(self, stop: Stop) -> None:
        """Stop an execution. One that has not begun yet, and of which the run knows no more, never begins."""
        key = (stop.stage, stop.execution)
        if key in self.offered:
            self.offered.discard(key)
            self._withdrawn.append(key)
            self._spilled = [execute for execute in self._spilled if (execute.stage, execute.execution) != key]
            self.messages.append(CompleteTask(stop.stage, stop.execution, TaskResult.canceled(stop.reason)))
        elif key in self._begins and not self._is_known(*key):
            del self._begins[key]
            self.executing.discard(key)
        else:
            self.effects.append(stop)

    def _is_known(self, stage: int, execution: int) -> bool:
        node = self.run.nodes.get(stage)
        return node is not None and node.is_executing and node.record.execution == execution
