"""Stages played by hand: kinds that take no time answer by themselves, a `HandStage` when the test says so.

All is as in the engine, but for the store, the clock and the threads.
"""

from pathlib import Path
from typing import Any

from stageline.engine.blobs import Blobs
from stageline.engine.graph import Node, above
from stageline.engine.inputs import Surroundings, running_stage, view_of
from stageline.engine.messages import Effect, Execute, Message
from stageline.engine.outcome import Outcome
from stageline.model.result import TaskResult
from stageline.model.workflow import Workflow
from stageline.stages.base import BaseStage
from stageline.stages.definition import StageDefinition
from stageline.stages.empty import EmptyStage
from stageline.stages.lower import lower, walk
from stageline.stages.raise_error import RaiseStage
from stageline.stages.registry import stage_tasks
from stageline.stages.tools import Tools
from stageline.tasks.registry import TaskRegistry
from tests.unit.engine.play import Play

NOWHERE = Path("/nowhere")


class HandStage(BaseStage):
    """A stage whose work is in the hands of the test."""

    text: str = ""


def hand(name: str = "x", **fields: Any) -> HandStage:
    return HandStage(name=name, **fields)


def echo(name: str, text: str = "", **fields: Any) -> EmptyStage:
    """A stage that succeeds at once and puts out the text."""
    return EmptyStage(name=name, echo=text or name, **fields)


def bad(name: str = "bad", message: str = "no good", **fields: Any) -> RaiseStage:
    """A stage that fails at once."""
    return RaiseStage(name=name, message=message, **fields)


class StagePlay(Play):
    """One run of these stages. `params` and other names are what expressions see."""

    def __init__(
        self,
        *stages: StageDefinition,
        names: dict[str, Any] | None = None,
        tools: Tools | None = None,
        workflow: Workflow | None = None,
        tasks: TaskRegistry | None = None,
    ) -> None:
        made = workflow or Workflow.create("w", lower(stages), id="run", names=names)
        super().__init__(workflow=made)
        self.tasks = tasks or stage_tasks({HandStage, *map(type, walk(stages))}, tools)
        self.asked: list[str] = []
        self._around = Surroundings(str(NOWHERE), Blobs(NOWHERE), lambda: self.run.now)

    def say(self, *messages: Message) -> list[Effect]:
        """Handle the messages, and answer for all stages that take no time."""
        effects = super().say(*messages)
        for effect in effects:
            if not isinstance(effect, Execute):
                continue
            node = self.run.nodes.get(effect.stage)
            if node is not None and self._answers(node, effect):
                self.asked.append("/".join(each.spec.ref_id for each in above(node)))
                self.answer(self.asked[-1], self._performed(node))
        return effects

    def _answers(self, node: Node, effect: Execute) -> bool:
        is_present = node.is_executing and node.record.execution == effect.execution
        return is_present and self.tasks.get(node.spec.type).instant

    def _performed(self, node: Node) -> TaskResult:
        stage = running_stage(view_of(self.run, node, dict), self._around)
        with Outcome(stage, Blobs(NOWHERE), ()) as outcome:
            outcome.answer(self.tasks.get(node.spec.type).execute(stage))
        return outcome.result

    def outputs(self, ref: str) -> dict[str, Any]:
        return self.node(ref).record.outputs

    def names(self, ref: str) -> dict[str, Any]:
        """The names that a stage sees beside those of the run."""
        return dict(running_stage(view_of(self.run, self.node(ref), dict), self._around).names)

    def why(self, ref: str) -> str:
        """Why a stage has failed."""
        return str(self.node(ref).record.failure)

    def taken_over(self) -> "StagePlay":
        """The run as its next processor finds it, which knows nothing but what is written."""
        again = StagePlay(workflow=self.stored(), tasks=stage_tasks(_kinds(self.tasks)))
        again.run.now = self.run.now
        return again


def _kinds(tasks: TaskRegistry) -> list[type[StageDefinition]]:
    return list(getattr(tasks, "_kinds").values())  # noqa: B009


def played(*stages: StageDefinition, **more: Any) -> StagePlay:
    """The run of these stages, begun."""
    play = StagePlay(*stages, **more)
    play.start()
    return play
