"""A run played by hand: messages go to the real handlers, and whatever they answer with is handled at once.

There is no store and no processor; effects are collected, and the test answers them in the place of the world.
"""

from typing import Any, Literal

import msgspec

from stageline.engine.events import Event
from stageline.engine.graph import Node, above
from stageline.engine.handlers import default_handlers
from stageline.engine.messages import (
    AboutStage,
    CompleteTask,
    Effect,
    Execute,
    FireTimer,
    Message,
    SetTimer,
    StartChild,
    StartWorkflow,
    Stop,
    Tell,
)
from stageline.engine.run import Run
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow

SECOND = 1_000_000


def stage(ref: str, *needs: str, **fields: Any) -> StageExecution:
    """A no-op stage that requires `needs`."""
    return StageExecution(**{"ref_id": ref, "type": "noop", "requisite_stage_ref_ids": needs, **fields})


def tasks(*names: str) -> tuple[TaskExecution, ...]:
    return tuple(TaskExecution.create(name, "noop") for name in names)


class Play:
    """One run and everything that has been said about it. `now` moves only when a test moves it."""

    def __init__(
        self,
        *stages: StageExecution,
        on_failure: Literal["fail-fast", "keep-going"] = "fail-fast",
        workflow: Workflow | None = None,
    ) -> None:
        self.workflow = workflow or Workflow.create("w", stages, on_failure=on_failure, id="run")
        self.run = Run(self.workflow)
        self.run.now = SECOND
        self.effects: list[Effect] = []
        self.planned: list[tuple[int, StageExecution]] = []
        self.executed: list[str] = []
        self._paths: dict[int, str] = {}
        self.stopped: list[str] = []
        self._handlers = default_handlers()

    def say(self, *messages: Message) -> list[Effect]:
        """Handle the messages and all that follows from them; answers the effects of it."""
        said = len(self.effects)
        for message in messages:
            self._handle(message)
        return self.effects[said:]

    def start(self) -> "Play":
        self.say(StartWorkflow())
        return self

    def answer(self, ref: str, result: TaskResult) -> list[Effect]:
        """The present execution of a stage answers."""
        node = self.node(ref)
        return self.say(CompleteTask(node.seq, node.record.execution, result))

    def succeed(self, *refs: str, **outputs: Any) -> list[Effect]:
        return [effect for ref in refs for effect in self.answer(ref, TaskResult.success(outputs))]

    def fail(self, ref: str, why: str = "broken") -> list[Effect]:
        return self.answer(ref, TaskResult.failed(why))

    def ring(self, ref: str) -> list[Effect]:
        """The timer of a stage's present execution rings."""
        node = self.node(ref)
        return self.say(FireTimer(node.seq, node.record.execution))

    def wait(self, seconds: float) -> None:
        self.run.now += int(seconds * SECOND)

    def node(self, ref: str) -> Node:
        """The node of a stage; of one that was planned, by its path: `planner/scope/stage`."""
        first, *path = ref.split("/")
        node = self.run.find(first)
        for step in path:
            assert node is not None, ref
            assert node.inner is not None, ref
            node = node.inner.refs.get(step)
        assert node is not None, ref
        return node

    def status(self, ref: str) -> Status:
        return self.node(ref).record.status

    @property
    def statuses(self) -> dict[str, Status]:
        return {node.spec.ref_id: node.record.status for node in self.run.root.nodes}

    @property
    def executing(self) -> list[str]:
        """The stages whose task is being executed."""
        return [path_of(node) for node in self.run.nodes.values() if node.is_executing]

    @property
    def children(self) -> list[Workflow]:
        return [effect.workflow for effect in self.effects if isinstance(effect, StartChild)]

    def ended(self) -> Status | None:
        """How the run ended, if it has."""
        return self.run.record.status if self.run.record.status.ended else None

    @property
    def events(self) -> list[Event]:
        return self.run.take_changes().events

    def stored(self) -> Workflow:
        """The run as a store would give it back now."""
        specs = [*self.workflow.stages, *(spec for _, spec in self._planned())]
        records = {node.seq: node.record for node in self.run.nodes.values()}
        stages = [spec.with_record(records.get(seq, spec.record)) for seq, spec in enumerate(specs)]
        return msgspec.structs.replace(self.workflow, stages=tuple(stages), record=self.run.record)

    def _planned(self) -> list[tuple[int, StageExecution]]:
        self.planned += self.run.take_changes().planned
        return self.planned

    def _handle(self, message: Message) -> None:
        todo: list[Message] = [message]
        while todo:
            now = todo.pop(0)
            if isinstance(now, AboutStage) and now.stage not in self.run.nodes:
                continue  # as in a run that is owned: what it is about was below a stage that has ended
            self._paths |= {seq: path_of(node) for seq, node in self.run.nodes.items()}
            for answer in self._handlers[type(now)].handle(self.run, now):
                if isinstance(answer, Execute | Stop | SetTimer | StartChild | Tell):
                    self._note(answer)
                else:
                    todo.append(answer)

    def _note(self, effect: Effect) -> None:
        self.effects.append(effect)
        match effect:
            case Execute():
                self.executed.append(self._paths[effect.stage])
            case Stop():
                self.stopped.append(self._paths[effect.stage])
            case _:
                pass


def path_of(node: Node) -> str:
    return "/".join(each.spec.ref_id for each in above(node))


def snapshot(run: Run) -> tuple[object, ...]:
    """All that a run remembers: to see that something changed nothing."""
    return run.record, [n.record for n in run.nodes.values()], counters(run), run.has_changes


def counters(run: Run) -> list[tuple[object, ...]]:
    """The counters of a run: those kept step by step must be those computed anew."""
    groups = [(group.active, group.startable, group.closed) for group in run.groups()]
    return [*groups, *((n.seq, n.met, n.dead, n.called, n.hopeless, n.told) for n in run.nodes.values())]
